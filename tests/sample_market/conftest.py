"""One mirror and its market for all tests of this room: writing it takes seconds, so it is done once."""

from pathlib import Path

import pytest

from orchestration.sample_market import DEFAULT_SEED, write_mirror
from orchestration.sample_market.market import Market, simulate


@pytest.fixture(scope="session")
def market() -> Market:
    return simulate(DEFAULT_SEED)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mirror(tmp_path_factory.mktemp("sample") / "mirror")
