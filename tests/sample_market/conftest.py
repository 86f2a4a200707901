"""One told story, its market and one mirror for all tests of this room: each takes seconds, so each is made once.

The mirror tells its own story: what it holds and what the other two fixtures say are two independent runs of the same seed.
"""

from pathlib import Path

import pytest

from orchestration.sample_market import DEFAULT_SEED, calibration, securities, write_mirror
from orchestration.sample_market.calibration import Story
from orchestration.sample_market.market import Market, assemble


@pytest.fixture(scope="session")
def story() -> Story:
    """The default seed in every world."""
    return calibration.tell(DEFAULT_SEED, securities.load())


@pytest.fixture(scope="session")
def other_story() -> Story:
    """Another seed, the market alone."""
    return calibration.tell(1, securities.load(), calibration.WORLDS[:1])


@pytest.fixture(scope="session")
def market(story: Story) -> Market:
    return assemble(story)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mirror(tmp_path_factory.mktemp("sample") / "mirror")
