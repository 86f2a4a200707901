"""Derivations on small frames whose answers can be counted on fingers."""

import math
from datetime import date

import pandas as pd
from pandas.testing import assert_series_equal

from expectations import derived

NOTHING = pd.DataFrame()


def frame(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"_payload": 0, **columns})  # type: ignore[dict-item]


def same(found: "pd.Series[float]", *expected: float | None) -> None:
    assert_series_equal(found.astype("float64"), pd.Series(expected, index=found.index, dtype="float64"), check_names=False)


def test_a_group_value_stands_on_the_first_row_of_each_payloads_group() -> None:
    rows = frame(fund=["A", "A", "B"], weight=[60.0, 41.0, None])
    same(derived.group_sum(rows, NOTHING, of="weight", by=("fund",)), 101, None, 0)
    same(derived.group_size(rows, NOTHING), 3, None, None)
    same(derived.distinct_values(rows, NOTHING, of="fund"), 2, None, None)


def test_a_step_compares_neighbours_in_time_whatever_the_files_order() -> None:
    rows = frame(observed_on=pd.to_datetime(["2025-03-31", "2025-01-31", "2025-02-28"]), value=[3000.0, 2.0, 3.0])
    same(derived.step_ratio(rows, NOTHING, of="value"), 1000, None, 1.5)
    same(derived.step_size(rows, NOTHING, of="value"), 2997, None, 1)
    same(derived.step_ratio(rows, NOTHING, of="value", at_least=2.5), 1000, None, None)


def test_payloads_do_not_see_each_other_in_a_sequence() -> None:
    rows = pd.concat([frame(observed_on=pd.to_datetime(["2025-01-31"]), value=[1.0]), frame(observed_on=pd.to_datetime(["2025-02-28"]), value=[1e3])])
    rows = rows.assign(_payload=[0, 1]).reset_index(drop=True)
    same(derived.step_ratio(rows, NOTHING, of="value"), None, None)
    same(derived.months_since_last(rows, NOTHING), None, None)


def test_a_missing_month_is_two_months_since_the_last() -> None:
    rows = frame(observed_on=pd.to_datetime(["2024-11-30", "2024-12-31", "2025-02-28"]), frequency="monthly")
    same(derived.months_since_last(rows, NOTHING), None, 1, 2)
    same(derived.days_since_last(rows, NOTHING), None, 31, 59)
    same(derived.months_since_last(rows, NOTHING, where={"frequency": "weekly"}), None, None, None)


def test_either_direction_is_in_order_and_a_turn_is_not() -> None:
    days = pd.to_datetime(["2025-01-03", "2025-01-02", "2025-01-01"])
    same(derived.steps_backwards(frame(observed_on=days), NOTHING), 0, 0, 0)
    same(derived.steps_backwards(frame(observed_on=days[::-1]), NOTHING), 0, 0, 0)
    same(
        derived.steps_backwards(frame(observed_on=pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-04", "2025-01-03", "2025-01-05"])), NOTHING),
        0,
        0,
        0,
        1,
        0,
    )


def test_a_residual_is_null_where_a_part_is_missing() -> None:
    rows = frame(category=["total", "a", "b", "total", "a"], day=[1, 1, 1, 2, 2], flow=[10.0, 4.0, 3.0, 10.0, 10.0])
    same(derived.residual(rows, NOTHING, of="flow", name="category", total="total", parts=("a", "b"), by=("day",)), 3, None, None, None, None)


def test_an_edition_in_the_same_call_counts_for_a_revision_but_never_for_its_ratio() -> None:
    known = pd.DataFrame({"month": [1], "value": [102_273.0]})
    rows = pd.DataFrame({"_payload": [0, 1, 1], "month": [1, 1, 2], "value": [101_466.0, 101_450.0, 5.0]})
    same(derived.revision(rows, known, of="value", key=("month",)), -807, -16, None)
    same(derived.revision_ratio(rows, known, of="value", key=("month",)), 101_466 / 102_273, 101_450 / 102_273, None)
    same(derived.revision_ratio(rows, NOTHING, of="value", key=("month",)), None, None, None)


def test_a_truncated_snapshot_is_no_measure_for_the_next() -> None:
    days = {0: ("2025-01-01", 10), 1: ("2025-01-02", 4), 2: ("2025-01-03", 9)}
    rows = pd.concat(
        [pd.DataFrame({"_payload": payload, "fund_id": "A", "observed_on": pd.Timestamp(day), "line": range(lines)}) for payload, (day, lines) in days.items()],
        ignore_index=True,
    )
    arguments = {"by": ("fund_id",), "snapshot": ("observed_on",), "distinct": ("line",)}
    found = derived.lines_against_last_good(rows, NOTHING, **arguments).dropna()  # type: ignore[arg-type]
    assert found.to_list() == [0.4, 0.9]
    known = pd.DataFrame({"fund_id": "A", "observed_on": pd.Timestamp("2024-12-31"), "line": range(20)})
    assert derived.lines_against_last_good(rows, known, **arguments).dropna().to_list() == [0.5, 0.2, 0.45]  # type: ignore[arg-type]


def test_copied_lines_do_not_make_the_next_snapshot_look_halved() -> None:
    doubled = pd.DataFrame({"_payload": 0, "fund_id": "A", "observed_on": pd.Timestamp("2025-01-01"), "ticker": ["X", "Y", "X", "Y"]})
    after = pd.DataFrame({"_payload": 1, "fund_id": "A", "observed_on": pd.Timestamp("2025-01-02"), "ticker": ["X", "Y"]})
    rows = pd.concat([doubled, after], ignore_index=True)
    found = derived.lines_against_last_good(rows, NOTHING, by=("fund_id",), snapshot=("observed_on",), distinct=("ticker",))
    assert found.dropna().to_list() == [1.0]


def test_age_is_that_of_the_newest_observation_of_all_editions() -> None:
    rows = pd.DataFrame(
        {"_payload": [0, 1], "fund": "A", "observed_on": pd.to_datetime(["2024-05-10", "2025-09-30"]), "_fetched_on": pd.Timestamp("2025-10-01")}
    )
    same(derived.age_days(rows, NOTHING, by=("fund",)), None, 1)
    same(derived.days_ahead(rows, NOTHING, by=("fund",)), -509, -1)
    same(derived.age_days(rows.iloc[:0].assign(_fetched_on=None), NOTHING))


def test_age_in_steps_suits_daily_and_monthly_series_alike() -> None:
    daily = pd.DataFrame({"series": "D", "observed_on": pd.date_range("2025-09-01", "2025-09-10")})
    monthly = pd.DataFrame({"series": "M", "observed_on": pd.date_range("2025-01-01", "2025-08-01", freq="MS")})
    rows = pd.concat([daily, monthly], ignore_index=True).assign(_payload=0, _fetched_on=date(2025, 9, 30))
    found = derived.age_in_steps(rows, NOTHING, by=("series",)).dropna().to_list()
    assert found[0] == 20
    assert 1 < found[1] < 3


def portfolio(**columns: object) -> pd.DataFrame:
    lines = {
        "ticker": None,
        "name": None,
        "cusip": None,
        "isin": None,
        "sedol": None,
        "asset_class": None,
        "fund_id": "A",
        "observed_on": pd.Timestamp("2025-01-01"),
    }
    figures = {"shares": 1.0, "market_value_usd": 1.0, "weight_pct": 1.0}
    return frame(**{**lines, **figures, **columns})


def test_cash_and_derivatives_are_no_securities_and_may_repeat() -> None:
    rows = portfolio(
        name=["APPLE INC", "USD CASH", "S&P500 EMINI JUN 23", "US DOLLAR", "FEDERATED TREASURY"],
        ticker=["AAPL", "USD", "ESM3", None, None],
        asset_class=["Equity", "Cash", "Futures", None, None],
        shares=[-1.0, -1.0, -1.0, -1.0, -1.0],
    )
    same(derived.of_securities(rows, NOTHING, of="shares"), -1, None, None, None, None)
    same(derived.unit_price(rows, NOTHING), -1, None, None, None, None)
    same(derived.copies(pd.concat([rows, rows], ignore_index=True), NOTHING, by=("fund_id",)), *(2, None, None, None, None) * 2)


def test_a_security_is_the_same_by_its_cusip_even_under_another_name() -> None:
    rows = portfolio(cusip=["037833100", "037833100", "N/A", "000000000"], name=["APPLE", "APPLE INC", "X", "Y"], asset_class="Equity")
    same(derived.copies(rows, NOTHING, by=("fund_id",)), 2, 2, 1, 1)


def test_lots_of_one_security_with_different_counts_are_no_copies() -> None:
    same(derived.copies(portfolio(cusip=["1", "1"], shares=[10.0, 20.0], asset_class="Equity"), NOTHING, by=("fund_id",)), 1, 1)


def test_a_value_out_of_proportion_to_its_weight_shows() -> None:
    rows = portfolio(ticker=["X", "Y"], market_value_usd=[60.0, 40_000.0], weight_pct=[60.0, 40.0])
    assert derived.weight_gap_pct(rows, NOTHING, by=("fund_id",)).min() > 59


def test_price_is_compared_with_what_is_known_by_value_or_else_by_weight() -> None:
    known = portfolio(cusip=["1", "2"], shares=[10.0, 10.0], market_value_usd=[100.0, None], weight_pct=[1.0, 2.0], asset_class="Equity").drop(
        columns="_payload"
    )
    rows = portfolio(cusip=["1", "2", "3"], shares=[10.0, 10_000.0, 1.0], market_value_usd=[110.0, None, 5.0], weight_pct=[1.0, 2.0, 1.0], asset_class="Equity")
    same(derived.price_against_last(rows, known, by=("fund_id",)), 1.1, 0.001, None)
    same(derived.price_against_last(rows, NOTHING, by=("fund_id",)), None, None, None)


def test_infinities_are_counted_and_nulls_are_not() -> None:
    same(derived.infinities(frame(a=[math.inf, math.nan, 1.0], b=[-math.inf, 1.0, 2.0], c=["x", "y", "z"]), NOTHING), 2, 0, 0)


def test_arithmetic_of_a_row_is_null_where_a_part_is() -> None:
    rows = frame(net=[1.0, 1.0], sales=[5.0, 5.0], redemption=[3.0, None])
    same(derived.arithmetic(rows, NOTHING, total="net", plus=("sales",), minus=("redemption",)), 1, None)
    same(derived.product_gap(rows, NOTHING, product="net", factors=("sales", "redemption")), 14 / 15, None)
    same(derived.ratio(rows, NOTHING, of="sales", to="redemption"), 5 / 3, None)


def test_a_net_figure_is_measured_by_the_size_of_its_parts() -> None:
    rows = frame(net=[-6.0, 1.0, 1.0, None], calls=[1.0, 0.0, None, 1.0], puts=[2.0, 0.0, 1.0, 1.0])
    same(derived.size_over_sum(rows, NOTHING, of="net", to=("calls", "puts")), 2, None, None, None)


def test_a_close_outside_its_days_range_shows_by_how_much() -> None:
    same(derived.outside_range(frame(close=[10.0, 10.0, 10.0], high=[11.0, 9.0, None], low=[9.0, 8.0, 9.0]), NOTHING), 0, 0.1, None)


def test_times_typical_measures_figures_that_change_sign() -> None:
    same(derived.times_typical(frame(series="A", value=[-1.0, 2.0, -2000.0]), NOTHING, of="value", by=("series",)), 0.5, 1, 1000)


def test_days_between_two_dates_of_a_row() -> None:
    rows = frame(start=pd.to_datetime(["2025-01-01", None]), end=pd.to_datetime(["2025-01-03", "2025-01-03"]))
    same(derived.days_between(rows, NOTHING, start="start", end="end"), 2, None)
