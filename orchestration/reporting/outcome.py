"""How a run ended, as plain data: what the launcher fills and the terminal shows."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class CheckFailure:
    """A check that did not pass."""

    asset: str
    check: str
    is_error: bool
    found: str


@dataclass
class Told:
    """What looking for alerts brought: titles of what was sent now, and what did not arrive, a line each."""

    sent: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass
class RunReport:
    """Exit status 0 or 1, what was refused, what was missing, what was told, what it cost: the run, and within it the writing of the simulated market."""

    run_id: str
    first: date
    last: date
    published: bool
    failures: list[CheckFailure] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    market: str = ""
    told: Told = field(default_factory=Told)

    @property
    def exit_status(self) -> int:
        """0: published, at most with warnings. 1: a payload was quarantined, or publication was blocked."""
        return int(bool(self.errors) or not self.published or any(failure.is_error for failure in self.failures))
