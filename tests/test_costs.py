"""What `benchmarks.metrics` prints a cost under: agreement. How long anything takes is not tested."""

import math

import pytest

from benchmarks.costs import agree
from benchmarks.metrics import SECTIONS


def test_no_cost_is_printed_of_a_number_that_is_wrong_or_none() -> None:
    agree([1.0, 2.0], [1.0, 2.0 + 1e-13], within=1e-12)
    for wrong in (2.1, math.nan, math.inf):
        with pytest.raises(AssertionError, match="no cost of a wrong number"):
            agree([1.0, wrong], [1.0, 2.0], within=1e-12)


def test_every_section_has_a_title_of_its_own() -> None:
    assert len({section.title for section in SECTIONS}) == len(SECTIONS) > 0
