"""Release rules: when a publisher says what it says, before sessions and holidays are known."""

import pandas as pd

from orchestration.sources.releases import calendar_days_later, weekdays_later


def test_weekdays_skip_the_weekend_and_a_weekend_counts_from_its_friday() -> None:
    days = pd.Series(pd.to_datetime(["2026-02-05", "2026-02-06", "2026-02-07", "2026-02-08"]))
    assert weekdays_later(days, 1).dt.strftime("%m-%d").tolist() == ["02-06", "02-09", "02-09", "02-09"]
    assert weekdays_later(days, 2).dt.strftime("%m-%d").tolist() == ["02-09", "02-10", "02-10", "02-10"]


def test_calendar_days_count_every_day_across_a_month() -> None:
    assert calendar_days_later(pd.Series(pd.to_datetime(["2025-12-31"])), 21).dt.strftime("%Y-%m-%d").tolist() == ["2026-01-21"]
