"""The only reader of the environment: profile, data home, as-of date, transport and keys. Nothing else may look at `os.environ`."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
DBT_PROJECT = CHECKOUT / "dbt_project"
SEEDS = DBT_PROJECT / "seeds"
PROFILES = ("sample", "live")
UI_URL = "http://127.0.0.1:3000"  # where `contagion dev` serves Dagster's pages
SAMPLE_AS_OF = date(2026, 2, 4)  # the day of the story that the simulated market tells


class SettingsError(ValueError):
    """A setting that cannot be used: which one, what it was, what would do."""


@dataclass(frozen=True)
class Settings:
    """What one process runs with. Keys are never part of a representation, so they cannot reach a log."""

    profile: str
    home: Path
    as_of: date | None
    mirror: Path | None
    sec_contact: str = field(default="", repr=False)
    alert_urls: tuple[str, ...] = field(default=(), repr=False)
    ui_url: str = UI_URL

    @property
    def is_simulated(self) -> bool:
        return self.profile == "sample"

    @property
    def published_file(self) -> Path:
        return self.home / "published" / "contagion.duckdb"

    @property
    def build_file(self) -> Path:
        return self.home / "build" / "contagion.duckdb"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"


def parse_day(text: str, what: str) -> date:
    """An ISO date, or a SettingsError that says which setting was wrong."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{what}: expected a date such as 2026-02-04, found {text!r}") from None


def parse_alert_urls(text: str) -> tuple[str, ...]:
    """Apprise addresses between blanks or commas. A comma within one (`?to=a@x.org,b@x.org`) is its own: only one before `scheme://` parts two."""
    return tuple(url for url in re.split(r"\s+|,+(?=[A-Za-z][\w+.-]*://)|,+(?=\s|$)", text) if url)


def _ui_url(text: str) -> str:
    # The address is written into messages: a password in it would be told to everybody.
    if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s@?#]*)?", text):
        raise SettingsError(
            "CONTAGION_UI_URL: expected the address of the Dagster UI such as https://dagster.example.org, without a user, ? or #, found another text"
        )
    return text.rstrip("/")


def _folder(name: str, text: str) -> Path:
    try:
        folder = Path(text).expanduser().resolve()
        folder.exists()
    except (RuntimeError, OSError, ValueError) as error:
        raise SettingsError(f"{name}: expected a folder, found {text!r} ({error})") from None
    return folder


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from CONTAGION_PROFILE, CONTAGION_HOME, CONTAGION_AS_OF, CONTAGION_MIRROR, SEC_CONTACT, CONTAGION_ALERT_URLS, CONTAGION_UI_URL."""
    given = os.environ if environment is None else environment
    profile = given.get("CONTAGION_PROFILE") or "sample"
    if profile not in PROFILES:
        raise SettingsError(f"CONTAGION_PROFILE: expected one of {', '.join(PROFILES)}, found {profile!r}")
    home = _folder("CONTAGION_HOME", given.get("CONTAGION_HOME") or str(CHECKOUT / "data" / profile))
    as_of = given.get("CONTAGION_AS_OF")
    mirror = given.get("CONTAGION_MIRROR")
    return Settings(
        profile=profile,
        home=home,
        as_of=parse_day(as_of, "CONTAGION_AS_OF") if as_of else None,
        mirror=_folder("CONTAGION_MIRROR", mirror) if mirror else None,
        sec_contact=given.get("SEC_CONTACT", ""),
        alert_urls=parse_alert_urls(given.get("CONTAGION_ALERT_URLS", "")),
        ui_url=_ui_url(given.get("CONTAGION_UI_URL") or UI_URL),
    )


def export(settings: Settings) -> None:
    """Write settings into this process's environment, for the children it starts (dbt, the Dagster daemon)."""
    os.environ["CONTAGION_PROFILE"] = settings.profile
    os.environ["CONTAGION_HOME"] = str(settings.home)
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    # Matrices here are small and many: a second thread waits for the first, on a core that other work could have.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name, value in (("CONTAGION_AS_OF", settings.as_of), ("CONTAGION_MIRROR", settings.mirror)):
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = str(value)


def require_checkout() -> None:
    """Raises SettingsError where the packages were installed without the project around them: a wheel holds no models and no workspace."""
    if not (DBT_PROJECT / "dbt_project.yml").is_file():
        raise SettingsError(
            f"expected a checkout of the project, found its packages alone in {CHECKOUT}; clone the project, type `make setup`, use its .venv/bin/contagion"
        )


def require_own_home(settings: Settings) -> bool:
    """Refuse a data home that another profile has filled: simulated and real data never mix. Whether this one has claimed it."""
    marker = settings.home / "PROFILE"
    owner = marker.read_text().strip() if marker.exists() else ""
    if owner not in ("", settings.profile):
        raise SettingsError(
            f"CONTAGION_HOME: {settings.home} holds the data of profile {owner!r}, this run is {settings.profile!r}; give each profile a folder of its own"
        )
    return bool(owner)


def claim_home(settings: Settings) -> None:
    """Make the data home and mark it as this profile's. Raises SettingsError as `require_own_home`."""
    settings.home.mkdir(parents=True, exist_ok=True)
    if not require_own_home(settings):
        (settings.home / "PROFILE").write_text(f"{settings.profile}\n")


def export_dagster_home(settings: Settings) -> None:
    """Point Dagster at the instance in this data home."""
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)


def inherited() -> dict[str, str]:
    """This process's environment, for a child that needs the rest of it too."""
    return dict(os.environ)
