"""What the seeds say is what sources are asked for."""

from datetime import date

from orchestration import reference


def test_bars_are_asked_for_funds_benchmarks_the_companies_of_the_ai_basket_and_what_funds_hold_once_each() -> None:
    symbols = reference.scope(date(2026, 2, 4)).symbols
    assert {"XLK", "^SP500-45", "NVDA", "TSM", "BRK.B", "JPM"} <= set(symbols)
    assert len(symbols) == len(set(symbols))
    assert "VIXCLS" not in symbols
