"""Checks of the installation and the data home, for the person whose run does not start."""

import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from orchestration.settings import DBT_PROJECT, Settings
from orchestration.warehouse.publish import PARQUET, ManifestError, manifest_before, parquet_folder, read_manifest

PACKAGES = ("dagster", "dagster-dbt", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pandas")
ENOUGH_DISK = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, whether it is fine, what was found, what to do where it is not."""

    what: str
    is_fine: bool
    found: str
    advice: str = ""


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed", "run `make setup`")


def _published(settings: Settings) -> Finding:
    """Whether the published file is the one its manifest describes, byte for byte."""
    what = "published file"
    try:
        manifest = read_manifest(settings.published_file)
    except ManifestError as error:
        return Finding(what, False, str(error), "run `contagion run` again: it writes both anew")
    if not manifest:
        return Finding(what, False, "none yet", "run `contagion run`")
    with settings.published_file.open("rb") as file:
        is_whole = hashlib.file_digest(file, "sha256").hexdigest() == manifest.get("file_sha256")
    if not is_whole:
        return Finding(what, False, "its bytes are not those of manifest.json", "run `contagion run` again: it replaces the file whole")
    return Finding(what, True, f"as of {manifest['as_of']}")


def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order a person would make them."""
    parent = next(folder for folder in (settings.home, *settings.home.parents) if folder.exists())
    free = shutil.disk_usage(parent).free
    dbt = Path(sys.executable).with_name("dbt")
    marker = settings.home / "PROFILE"
    owner = marker.read_text().strip() if marker.exists() else settings.profile
    manifest = manifest_before(settings.published_file)
    is_usable = parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)
    folder, linked = parquet_folder(settings.published_file), settings.published_file.with_name(PARQUET)
    waiting = len(list((settings.home / "quarantine").glob("*/*/reason.json")))
    return [
        Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0], "install Python 3.11 or later"),
        *(_package(name) for name in PACKAGES),
        Finding("dbt", dbt.exists(), str(dbt.name) if dbt.exists() else "missing", "run `make setup`"),
        Finding("dbt project", (DBT_PROJECT / "dbt_project.yml").exists(), DBT_PROJECT.name, "run from a checkout of the project"),
        Finding(
            "data home",
            owner == settings.profile and is_usable,
            f"{settings.home} (profile {owner})" + ("" if is_usable else f": {parent} is no folder that can be written to"),
            "set CONTAGION_HOME to a folder of this profile that can be written to",
        ),
        Finding("disk", free > ENOUGH_DISK, f"{free / 1024**3:.0f} GB free", "make room: a run needs about 2 GB"),
        _published(settings),
        Finding(
            "Parquet files",
            not manifest or (folder is not None and linked.resolve() == folder.resolve()),
            f"{linked.name} is {linked.resolve().name}" if linked.exists() else "none yet",
            f"the manifest names {folder.name if folder else 'none'}: a run was killed while it published; run `contagion run` again",
        ),
        Finding("quarantine", not waiting, f"{waiting} payloads", "read reason.json in the quarantine folder of the data home"),
        Finding("alerts", True, f"{targets} targets" if (targets := len(settings.alert_urls)) else "none configured: nothing is sent"),
        Finding(
            "SEC contact",
            bool(settings.sec_contact) or settings.profile == "sample",
            "set" if settings.sec_contact else "not set",
            "export SEC_CONTACT='name mail@example.org' for live SEC filings",
        ),
    ]
