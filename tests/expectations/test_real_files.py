"""Every suite lets the real files pass, warns of exactly what is odd in them, and refuses them once they are corrupted.

Corrupted payloads of a table go through one call together with the sound one, as in a run: each must be refused alone.
"""

from collections.abc import Callable, Mapping
from datetime import date

import pandas as pd
import pytest

from tests.expectations.conftest import candidates, check, complaints

Sound = Callable[[str], pd.DataFrame]

ODD_BUT_REAL = {
    "raw_finra__margin_debt": {"debit_balances_usd_mn_step"},  # 2008-10 and 2008-11
    "raw_ishares__fund_history": {"shares_step"},  # IVV's slip of 2000-10-06
    "raw_ark__holdings": {"lines_against_last"},  # 46 lines in 2021, 36 in 2024
    "raw_cboe__index_history": {"open"},  # Cboe's slip of 2004-11-08
}


@pytest.mark.parametrize(
    "table",
    [
        "raw_finra__margin_debt",
        "raw_ici__fund_flows",
        "raw_ishares__fund_history",
        "raw_ishares__holdings",
        "raw_spdr__holdings",
        "raw_vanguard__holdings",
        "raw_ark__holdings",
        "raw_invesco__holdings",
        "raw_sec__nport_holdings",
        "raw_sec__nport_flows",
        "raw_fred__observations",
        "raw_ofr__fsi",
        "raw_french__factors",
        "raw_cboe__index_history",
        "raw_cboe__option_chain",
        "raw_prices__daily_bars",
    ],
)
def test_real_files_pass_and_only_their_known_oddities_warn(tables: Mapping[str, pd.DataFrame], table: str) -> None:
    report = check(table, tables[table])
    assert report.passed, report.as_markdown()
    assert {failure.expectation.columns[0] for failure in report.failures} == ODD_BUT_REAL.get(table, set()), report.as_markdown()


def test_holdings_with_a_negative_value_a_duplicated_line_or_weights_of_300_are_refused(sound: Sound) -> None:
    good = sound("raw_ishares__holdings")
    tripled = good.assign(weight_pct=good["weight_pct"] * 3)
    doubled = pd.concat([good, good.iloc[[7]].assign(line=len(good) + 1)], ignore_index=True)
    negative = good.assign(market_value_usd=good["market_value_usd"].mask(good.index == 3, -good["market_value_usd"]))
    inflated = good.assign(market_value_usd=good["market_value_usd"].mask(good.index == 400, good["market_value_usd"] * 1000))
    short = good.assign(shares=good["shares"].mask(good.index == 3, -good["shares"]))
    negative_cash = good.assign(market_value_usd=good["market_value_usd"].mask(good["asset_class"] == "Cash", -1e6))
    cut_off = good.head(len(good) // 2)
    report = check("raw_ishares__holdings", candidates(good, tripled, doubled, negative, inflated, short, negative_cash, cut_off))

    assert complaints(report, 1)["weight_sum_pct"] == "critical"
    assert complaints(report, 2) == {"copies": "critical", "weight_sum_pct": "warning"}
    assert {"security_value_usd", "unit_price_usd"} <= complaints(report, 3).keys()
    assert complaints(report, 4)["weight_gap_pct"] == "critical"
    assert complaints(report, 5) == {"security_shares": "critical", "unit_price_usd": "critical"}
    assert complaints(report, 6) == {}
    assert complaints(report, 7)["lines_against_last"] == "critical"
    assert report.critical_payloads() == {1, 2, 3, 4, 5, 7}


def test_a_share_count_in_thousands_is_refused_by_what_was_known_before(sound: Sound) -> None:
    good = sound("raw_spdr__holdings")
    thousandfold = good.assign(shares=good["shares"].mask(good.index == 0, good["shares"] * 1000))
    report = check("raw_spdr__holdings", candidates(good, thousandfold), previous=good.assign(known_on=date(2025, 9, 1)))
    assert complaints(report, 0) == {}
    assert complaints(report, 1) == {"price_against_last": "critical"}


def test_margin_debt_with_a_missing_month_a_unit_jump_or_half_its_months_is_refused(sound: Sound) -> None:
    good = sound("raw_finra__margin_debt")
    gap = good.drop(index=100)
    jump = good.assign(debit_balances_usd_mn=good["debit_balances_usd_mn"].mask(good.index == 5, good["debit_balances_usd_mn"] * 1000))
    other_unit = good.assign(debit_balances_usd_mn=good["debit_balances_usd_mn"] * 1e6)
    half = good.head(len(good) // 2)
    twice = pd.concat([good, good.head(1)], ignore_index=True)
    shuffled = good.iloc[[1, 0, *range(2, len(good))]]
    restated = good.assign(debit_balances_usd_mn=good["debit_balances_usd_mn"].mask(good.index == 0, good["debit_balances_usd_mn"] * 1.05))
    payloads = candidates(good, gap, jump, other_unit, half, twice, shuffled, restated, fetched_on=date(2025, 3, 23))
    report = check("raw_finra__margin_debt", payloads, previous=good)

    assert report.critical_payloads() == {1, 2, 3, 4, 5, 6}
    assert complaints(report, 1)["months_since_last"] == "critical"
    assert complaints(report, 2)["debit_balances_usd_mn_step"] == "critical"
    assert complaints(report, 3)["debit_balances_usd_mn"] == "critical"
    assert complaints(report, 4)["lines_against_last"] == "critical"
    assert complaints(report, 5)["_payload"] == "critical"
    assert complaints(report, 6)["steps_backwards"] == "critical"
    assert complaints(report, 7)["debit_revision"] == "warning"
    assert complaints(report, 0) == {"debit_balances_usd_mn_step": "warning"}


def test_industry_flows_that_do_not_add_up_are_refused_and_the_outlier_of_2025_only_warns(sound: Sound) -> None:
    good = sound("raw_ici__fund_flows")
    month, equity = good["observed_on"] == "2016-12-31", good["category"] == "equity"
    mismatch = good.assign(flow_usd_mn=good["flow_usd_mn"].mask(month & equity, good["flow_usd_mn"] + 3))
    rounding = good.assign(flow_usd_mn=good["flow_usd_mn"].mask(month & equity, good["flow_usd_mn"] + 1))
    gap = good[good["observed_on"] != "2015-06-30"]
    jump = good.assign(flow_usd_mn=good["flow_usd_mn"].mask(month, good["flow_usd_mn"] * 1000))
    fallen = good["category"].isin(["total", "equity", "equity_domestic"])
    outlier = good.assign(flow_usd_mn=good["flow_usd_mn"].mask(month & fallen, good["flow_usd_mn"] - 285_668 - 23_744))
    report = check("raw_ici__fund_flows", candidates(good, mismatch, rounding, gap, jump, outlier, fetched_on=date(2017, 2, 15)))

    assert report.critical_payloads() == {1, 3, 4}
    assert complaints(report, 1)["equity_residual"] == "critical"
    assert complaints(report, 2) == {}
    assert complaints(report, 3)["months_since_last"] == "critical"
    assert complaints(report, 4)["flow_usd_mn"] == "critical"
    assert complaints(report, 5)["flow_usd_mn"] == "warning"


def test_a_fund_history_with_a_unit_jump_a_zero_value_or_dates_out_of_order_is_refused(sound: Sound) -> None:
    good = sound("raw_ishares__fund_history")
    jump = good.assign(shares_outstanding=good["shares_outstanding"].mask(good.index == 50, good["shares_outstanding"] * 1000))
    worthless = good.assign(nav_usd=good["nav_usd"].mask(good.index == 50, 0.0))
    disordered = good.iloc[[*range(10), 11, 10, *range(12, len(good))]]
    oldest_first = good.iloc[::-1]
    half = good.head(len(good) // 2)
    report = check("raw_ishares__fund_history", candidates(good, jump, worthless, disordered, oldest_first, half, fetched_on=date(2022, 5, 12)))

    assert report.critical_payloads() == {1, 2, 3, 5}
    assert complaints(report, 1)["shares_step"] == "critical"
    assert complaints(report, 2)["nav_usd"] == "critical"
    assert complaints(report, 3)["steps_backwards"] == "critical"
    assert complaints(report, 4) == {"shares_step": "warning"}
    assert complaints(report, 5)["lines_against_last"] == "critical"


def test_a_stress_index_that_is_not_the_sum_of_its_categories_is_refused(sound: Sound) -> None:
    good = sound("raw_ofr__fsi").query("observed_on >= '2024-01-01'")
    off = good.assign(value=good["value"].mask((good["component"] == "Credit") & (good["observed_on"] == "2024-03-01"), good["value"] + 0.01))
    report = check("raw_ofr__fsi", candidates(good, off, fetched_on=date(2025, 9, 15)))
    assert report.critical_payloads() == {1}
    assert complaints(report, 1) == {"category_residual": "critical"}


def test_series_bars_and_levels_with_a_unit_jump_are_refused(sound: Sound) -> None:
    for table, column in (("raw_fred__observations", "value"), ("raw_prices__daily_bars", "close"), ("raw_cboe__index_history", "close")):
        good = sound(table).tail(400).reset_index(drop=True)
        jump = good.assign(**{column: good[column].mask(good.index == len(good) // 2, good[column] * 1000)})
        report = check(table, candidates(good, jump, fetched_on=good["observed_on"].max().date()))
        assert report.critical_payloads() == {1}, report.as_markdown()


def test_returns_in_per_cent_are_refused(sound: Sound) -> None:
    good = sound("raw_french__factors")
    report = check("raw_french__factors", candidates(good, good.assign(daily_return=good["daily_return"] * 100), fetched_on=date(2022, 8, 31)))
    assert report.critical_payloads() == {1}


def test_a_chain_with_strikes_in_thousandths_or_one_contract_twice_is_refused(sound: Sound) -> None:
    good = sound("raw_cboe__option_chain")
    thousandths = good.assign(strike=good["strike"] * 1000)
    twice = pd.concat([good, good.head(1)], ignore_index=True)
    report = check("raw_cboe__option_chain", candidates(good, thousandths, twice, fetched_on=date(2026, 8, 8)))
    assert report.critical_payloads() == {1, 2}


def test_filed_flows_that_do_not_add_up_or_with_negative_redemptions_are_refused(sound: Sound) -> None:
    good = sound("raw_sec__nport_flows")
    off = good.assign(net_flow_usd=good["net_flow_usd"] + 1)
    negative = good.assign(redemption_usd=-good["redemption_usd"])
    report = check("raw_sec__nport_flows", candidates(good, off, negative, fetched_on=date(2023, 3, 1)))
    assert report.critical_payloads() == {1, 2}


def test_an_old_snapshot_warns_and_a_date_years_ahead_is_refused(sound: Sound) -> None:
    good = sound("raw_invesco__holdings")
    misread = good.assign(observed_on=pd.Timestamp("2052-09-26"))
    report = check("raw_invesco__holdings", candidates(good, fetched_on=date(2025, 11, 1)))
    assert complaints(report, 0) == {"age_days": "warning"}
    assert check("raw_invesco__holdings", candidates(misread, fetched_on=date(2025, 9, 29))).critical_payloads() == {0}
