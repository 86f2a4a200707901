"""Suites as data: each table has one, and each can be built. Those of the marts hold on plausible rows and fail on wrong ones."""

from datetime import date
from pathlib import Path

import great_expectations.expectations as classes
import numpy as np
import pandas as pd
import pytest

import expectations.suites
from expectations import derived
from expectations.suites import load
from orchestration.sources import all_sources
from tests.expectations.conftest import candidates, check, complaints

ALL = sorted(path.stem for path in Path(expectations.suites.__file__).parent.glob("*.py") if not path.stem.startswith("_"))
MARTS = [
    "fund_flow_daily",
    "outflow_daily",
    "forced_selling_daily",
    "forced_selling_security_daily",
    "safe_haven_pressure_daily",
    "fund_fire_sale_daily",
    "security_fire_sale_daily",
    "fire_sale_daily",
    "fund_overlap",
    "industry_flow_weekly",
    "margin_leverage_monthly",
    "margin_pressure_daily",
    "leveraged_etf_rebalance_daily",
    "holding_vintage",
    "source_status",
    "fund",
    "trading_session",
    "ai_index_weight",
    "ai_sentiment_daily",
    "ai_value_spread_daily",
    "volatility_daily",
    "level_watch_daily",
    "event_calendar",
    "session_spillover_daily",
    "risk_parity_pressure_daily",
    "dealer_gamma_daily",
    "dealer_gamma_strike",
    "headline_daily",
    "claim_check",
    "price_pressure_daily",
    "comovement_daily",
    "connectedness_daily",
    "connectedness_pair_daily",
    "cross_asset_contagion_daily",
    "contagion_index_daily",
    "contagion_index_part_daily",
    "contagion_index_indicator_daily",
    "safe_haven_daily",
    "benchmark_daily",
    "catalog",
    "catalog_column",
]


def test_each_raw_table_and_each_mart_has_a_suite() -> None:
    raw = {table.name for source in all_sources().values() for table in source.tables}
    assert raw | set(MARTS) == set(ALL)


def test_a_suite_covers_the_columns_and_the_key_of_its_raw_table() -> None:
    for table in (table for source in all_sources().values() for table in source.tables):
        suite = load(table.name)
        assert set(suite.grain) == set(table.key), table.name
        assert set(table.columns) == set(suite.expectations[0].columns), table.name


@pytest.mark.parametrize("table", ALL)
def test_a_suite_can_be_built_and_explains_every_bound(table: str) -> None:
    suite = load(table)
    computed = {column.name for column in suite.derived}
    for column in suite.derived:
        assert callable(getattr(derived, column.how))
    used = {name for expectation in suite.expectations for name in expectation.columns}
    assert computed <= used, f"{table} computes {computed - used} for nothing"
    for expectation in suite.expectations:
        getattr(classes, expectation.kind)(**expectation.arguments)
        assert len(expectation.reason) > 10, expectation
    assert 0 <= suite.rejected_share_at_most <= 0.05


@pytest.mark.parametrize("name", ["raw_nobody__nothing", "../etc/passwd"])
def test_a_table_without_a_suite_is_named(name: str) -> None:
    with pytest.raises(LookupError, match="expected a suite for"):
        load(name)


def fund_flows() -> pd.DataFrame:
    days = pd.to_datetime(["2025-09-29", "2025-09-30"])
    return pd.DataFrame(
        {
            "trade_date": days,
            "fund_id": "IVV",
            "net_flow_usd": [None, -1e9],
            "net_flow_pct_aum": [None, -0.2],
            "aum_usd": [5e11, 4.99e11],
            "nav_usd": [500.0, 499.0],
            "shares_outstanding": [1e9, 1e9],
            "flow_basis": "shares_outstanding",
            "is_split": False,
            "split_factor": pd.Series([None, None], dtype="float64"),
            "segment": "broad_equity",
            "tech_weight": 0.33,
            "ai_weight": 0.2,
            "holdings_observed_on": days - pd.Timedelta(days=3),
            "known_on": days + pd.Timedelta(days=1),
        }
    )


def test_a_fund_flow_known_before_its_day_has_ended_blocks() -> None:
    assert check("fund_flow_daily", fund_flows()).passed
    hindsight = check("fund_flow_daily", fund_flows().assign(known_on=fund_flows()["trade_date"]))
    assert complaints(hindsight, None) == {"known_after_days": "critical"}


def test_assets_that_are_not_shares_times_value_or_a_repeated_row_block() -> None:
    wrong = pd.concat([fund_flows(), fund_flows().tail(1)]).assign(aum_usd=1e9)
    assert complaints(check("fund_flow_daily", wrong), None) == {"aum_gap": "critical", "_payload": "critical"}


def test_a_rebalancing_that_is_not_exposure_times_return_or_rests_on_the_day_itself_blocks() -> None:
    rows = pd.DataFrame(
        {
            "trade_date": pd.to_datetime(["2025-09-29", "2025-09-30"]),
            "underlying": "QQQ",
            "underlying_return": [None, -0.02],
            "sessions_covered": [None, 1],
            "exposure_usd": [2e11, 2e11],
            "estimated_rebalance_usd": [None, -4e9],
            "estimated_rebalance_per_pct_usd": [2e9, 2e9],
            "average_daily_volume_usd": [None, 2e10],
            "estimated_share_of_adv": [None, -0.2],
            "observed_aum_usd": [3e10, 3e10],
            "observed_funds": 4,
            "unobserved_funds": 1,
            "newest_assets_on": pd.to_datetime(["2025-09-26", "2025-09-29"]),
            "newest_assets_age_sessions": 1,
        }
    )
    assert check("leveraged_etf_rebalance_daily", rows).failures == ()
    other_sign = rows.assign(estimated_rebalance_usd=[None, 4e9])
    assert complaints(check("leveraged_etf_rebalance_daily", other_sign), None) == {"rebalance_gap": "critical", "volume_gap": "critical"}
    hindsight = rows.assign(newest_assets_on=rows["trade_date"], newest_assets_age_sessions=0)
    assert complaints(check("leveraged_etf_rebalance_daily", hindsight), None) == {"newest_assets_age_sessions": "critical", "assets_age_days": "critical"}


PILLARS = ("outflow", "leverage", "spread", "comovement", "mechanics", "network")


def index_days() -> pd.DataFrame:
    """A day without an index, and one with all pillars."""
    return pd.DataFrame(
        {
            "trade_date": pd.to_datetime(["2026-02-03", "2026-02-04"]),
            "index_value": [None, 0.3],
            **{f"contribution_{pillar}": [None, 0.02] for pillar in PILLARS},
            "contribution_cross": [None, 0.18],
            **{f"percentile_{pillar}": 0.85 for pillar in PILLARS},
            "index_percentile": [None, 0.99],
            "change_1d": pd.Series([None, None], dtype="float64"),
            "change_5d": pd.Series([None, None], dtype="float64"),
            "regime": [None, "panic"],
            "regime_since": pd.to_datetime([None, "2026-02-04"]),
            "is_pressure_significant": True,
            "highest_since": pd.to_datetime([None, "2025-04-04"]),
            "history_from": pd.to_datetime([None, "2026-02-04"]),
            "pillars_known": [3, 6],
            "pillars_counted": [0, 6],
            "inputs_known": "leverage: margin_debt_growth 35 days old",
            "oldest_input_days": 35,
            "reason": ["3 pillars known, 4 needed", None],
        }
    )


def test_an_index_that_is_not_its_parts_or_of_too_few_pillars_or_of_another_regime_blocks() -> None:
    assert check("contagion_index_daily", index_days()).failures == ()
    wrong = index_days().assign(index_value=[None, 0.31], pillars_counted=[0, 3], regime=[None, "red"], highest_since=pd.Timestamp("2026-02-05"))
    assert complaints(check("contagion_index_daily", wrong), None) == {
        "parts_gap": "critical",
        "pillars_counted": "critical",
        "regime": "critical",
        "since_days": "critical",
    }


def test_parts_that_are_not_the_whole_index_block() -> None:
    parts = pd.DataFrame({"trade_date": pd.Timestamp("2026-02-04"), "part": [*PILLARS, "cross"], "contribution": 0.05, "share_of_index": 1 / 7})
    parts = parts.assign(percentile=[0.9] * 6 + [None], change_1d=0.01, change_5d=None)
    assert check("contagion_index_part_daily", parts).failures == ()
    assert complaints(check("contagion_index_part_daily", parts.head(6)), None) == {"parts": "critical", "shares_sum": "critical"}


def test_an_indicator_of_a_day_to_come_or_of_no_number_blocks() -> None:
    indicators = pd.DataFrame(
        {
            "trade_date": pd.Timestamp("2026-02-04"),
            "pillar": ["leverage", "outflow"],
            "indicator": ["margin_debt_growth", "outflow_2d"],
            "indicator_value": [0.36, 1.9],
            "unit": ["fraction", "per cent of assets"],
            "percentile": [0.97, None],
            "observed_on": pd.to_datetime(["2025-12-31", "2026-02-04"]),
            "age_days": [35, 0],
        }
    )
    assert check("contagion_index_indicator_daily", indicators).failures == ()
    wrong = indicators.assign(indicator_value=[0.36, np.inf], percentile=[97.0, None], observed_on=pd.Timestamp("2026-02-05"), age_days=[-1, -1])
    assert complaints(check("contagion_index_indicator_daily", wrong), None) == dict.fromkeys(
        ("_infinite_figures", "percentile", "age_days", "days"), "critical"
    )


def claims() -> pd.DataFrame:
    """One claim that holds and one whose day lies ahead."""
    return pd.DataFrame(
        {
            "claim_id": ["outflow", "level"],
            "trade_date": pd.to_datetime(["2026-02-04", "2026-02-13"]),
            "sentence": ["Tech-heavy funds lose $14 billion", "The level breaks before the report"],
            "metric_table": ["outflow_daily", "level_watch_daily"],
            "metric_column": ["net_flow_2d_usd", "distance_pct"],
            "metric_filter": ["segment = tech_heavy", "watch_id = w"],
            "comparison": "at_most",
            "threshold": [-13.5e9, 0.0],
            "unit": ["USD", "per cent"],
            "asserted_since": pd.Series([None, None], dtype="datetime64[s]"),
            "asserted": ["at or below −13,500,000,000 USD", "at or below 0 per cent"],
            "found": [-14e9, None],
            "observed_on": pd.to_datetime(["2026-02-04", None]),
            "since_date": pd.Series([None, None], dtype="datetime64[s]"),
            "history_from": pd.to_datetime(["2016-01-05", None]),
            "verdict": ["supported", "not_testable"],
            "reason": ["found −14,000,000,000 USD", "the day lies after the session of this run"],
            "basis": "the reporter of 2026-02-04",
            "checked_on": pd.Timestamp("2026-11-25"),
        }
    )


def test_a_verdict_of_another_word_without_a_reason_or_with_hindsight_blocks() -> None:
    assert check("claim_check", claims()).failures == ()
    wrong = claims().assign(verdict="true", reason=None, observed_on=pd.Timestamp("2026-02-05"))
    assert complaints(check("claim_check", wrong), None) == {"verdict": "critical", "reason": "critical", "observed_before_days": "critical"}


def leveraged_history() -> pd.DataFrame:
    """Four evenings of an inverse fund, newest first; on the third, five shares became one: values are restated, share counts are not."""
    return pd.DataFrame(
        {
            "fund_id": "SQQQ",
            "observed_on": pd.to_datetime(["2025-01-08", "2025-01-07", "2025-01-06", "2025-01-03"]),
            "nav_usd": [30.0, 31.5, 30.0, 29.0],
            "shares_outstanding": [90e6, 90e6, 450e6, 440e6],
            "distribution_usd": None,
            "aum_usd": [2.7e9, 2.835e9, 2.7e9, 2.552e9],
        }
    )


def test_a_leveraged_funds_split_is_no_fault_and_assets_in_another_unit_are() -> None:
    good = leveraged_history()
    thousands = good.assign(aum_usd=[2.7e6, *good["aum_usd"][1:]])
    report = check("raw_proshares__fund_history", candidates(good, thousands, fetched_on=date(2025, 1, 9)))
    assert complaints(report, 0) == {}
    assert complaints(report, 1) == {"aum_step": "critical"}


def test_margin_leverage_whose_net_credit_is_not_its_sum_or_that_skips_a_month_blocks() -> None:
    months = pd.DataFrame(
        {
            "month": pd.to_datetime(["2024-12-31", "2025-01-31", "2025-02-28"]),
            "debit_balances_usd_mn": [899_168.0, 937_253.0, 918_144.0],
            "free_credit_cash_usd_mn": [186_612.0, 178_803.0, 183_278.0],
            "free_credit_margin_usd_mn": [175_829.0, 168_702.0, 176_051.0],
            "debit_mom": [None, 0.0424, -0.0204],
            "debit_yoy": [0.28, 0.33, 0.24],
            "debit_zscore_60m_prior": [1.9, 2.1, 1.8],
            "is_five_year_high": [False, True, False],
            "highest_since": pd.to_datetime([None, "2021-10-31", None]),
            "drawdown_from_peak": [-0.04, 0.0, -0.02],
            "known_on": pd.to_datetime(["2025-01-22", "2025-02-22", "2025-03-22"]),
        }
    )
    months["net_credit_usd_mn"] = months["free_credit_cash_usd_mn"] + months["free_credit_margin_usd_mn"] - months["debit_balances_usd_mn"]
    assert check("margin_leverage_monthly", months).failures == ()
    wrong = months.drop(index=1).assign(net_credit_usd_mn=0.0)
    assert complaints(check("margin_leverage_monthly", wrong), None) == {"months_since_last": "critical", "net_credit_gap_usd_mn": "critical"}


def test_a_risk_parity_trade_that_is_not_its_parts_or_weights_that_are_no_whole_block() -> None:
    classes = pd.DataFrame(
        {
            "trade_date": pd.Timestamp("2026-02-04"),
            "asset_class": ["equity", "bond"],
            "proxy_symbol": ["SPY", "IEF"],
            "volatility": [0.15, 0.05],
            "weight": [0.25, 0.75],
            "mix_volatility": 0.05,
            "leverage": 2.0,
            "exposure": [0.5, 1.5],
            "estimated_exposure_usd": [75e9, 225e9],
            "estimated_trade_usd": [-1e9, None],
            "estimated_trade_low_usd": [-0.5e9, None],
            "estimated_trade_high_usd": [-1.5e9, None],
            "estimated_volatility_part_usd": [-1.2e9, None],
            "estimated_correlation_part_usd": [0.2e9, None],
            "average_daily_volume_usd": [3e10, None],
            "estimated_share_of_adv": [-0.03, None],
            "assets_valid_from": pd.Timestamp("2018-01-02"),
            "classes_in_mix": 2,
            "sessions_of_history": 200,
            "sessions_since_return": 1,
        }
    )
    assert check("risk_parity_pressure_daily", classes).failures == ()
    wrong = classes.assign(weight=[0.5, 0.75], estimated_trade_usd=[1e9, None], leverage=[4.0, 2.0], sessions_since_return=0)
    found = complaints(check("risk_parity_pressure_daily", wrong), None)
    assert found == dict.fromkeys(("weights_sum", "exposure_gap", "trade_gap_usd", "leverage", "sessions_since_return"), "critical")


def test_a_portfolio_counted_thrice_or_a_vintage_that_ends_before_it_begins_blocks() -> None:
    lines = pd.DataFrame(
        {
            "fund_id": "SPY",
            "security_id": ["US:NVDA", "US:MSFT"],
            "known_from": pd.Timestamp("2025-10-01"),
            "known_until": pd.to_datetime([None, None]),
            "observed_on": pd.Timestamp("2025-09-30"),
            "shares": [3.0, 4.0],
            "market_value_usd": [None, None],
            "weight": [0.6, 0.4],
        }
    )
    assert check("holding_vintage", lines).failures == ()
    wrong = lines.assign(weight=lines["weight"] * 3, known_until=pd.Timestamp("2025-09-30"))
    assert complaints(check("holding_vintage", wrong), None) == {"weight_sum": "critical", "known_for_days": "critical"}


def test_a_verdict_nobody_knows_blocks() -> None:
    status = pd.DataFrame(
        {
            "source": "finra_margin_debt",
            "table_name": "raw_finra__margin_debt",
            "verdict": ["never_fetched"],
            "reason": ["no row is known yet"],
            "last_observed_on": pd.to_datetime([None]),
            "last_known_on": pd.to_datetime([None]),
            "last_fetched_at": pd.to_datetime([None]),
            "next_release_on": pd.to_datetime([None]),
            "age_days": pd.Series([None], dtype="float64"),
            "known_rows": 0,
        }
    )
    assert check("source_status", status).failures == ()
    assert complaints(check("source_status", status.assign(verdict="fine")), None) == {"verdict": "critical"}


def test_weights_that_are_not_the_whole_index_block() -> None:
    weights = pd.DataFrame(
        {
            "rebalanced_on": pd.Timestamp("2025-12-31"),
            "ticker": [f"A{number}" for number in range(12)],
            "shares_outstanding_mn": 1000.0,
            "close_usd": 100.0,
            "capitalisation_usd_mn": 1e5,
            "is_capped": False,
            "weight": 1 / 12,
        }
    )
    assert check("ai_index_weight", weights).failures == ()
    assert complaints(check("ai_index_weight", weights.assign(weight=0.08)), None) == {"weight_sum": "critical"}


def test_an_event_that_is_past_or_that_nobody_had_announced_blocks() -> None:
    events = pd.DataFrame(
        {
            "trade_date": pd.to_datetime(["2026-02-04"]),
            "event_id": "report",
            "event_on": pd.Timestamp("2026-02-15"),
            "days_ahead": 11,
            "is_session": False,
            "reaction_session": pd.Timestamp("2026-02-17"),
            "kind": "company_report",
            "subject": "TSM",
            "description": "Report of the largest foundry",
            "announced_on": pd.Timestamp("2026-02-04"),
        }
    )
    assert check("event_calendar", events).failures == ()
    wrong = events.assign(days_ahead=-1, announced_on=pd.Timestamp("2026-02-20"))
    assert complaints(check("event_calendar", wrong), None) == {"days_ahead": "critical", "announced_before_days": "critical"}


def dealer_gamma() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trade_date": pd.to_datetime(["2026-02-04"]),
            "underlying": "QQQ",
            "kind": "fund",
            "spot": 600.0,
            "call_gamma_usd_per_pct": 2e9,
            "put_gamma_usd_per_pct": 3e9,
            "estimated_net_gamma_usd_per_pct": -1e9,
            "estimated_net_gamma_calls_sold_usd_per_pct": -5e9,
            "estimated_flip_level": 630.0,
            "estimated_flip_distance_pct": -4.76,
            "price_return": -0.02,
            "estimated_hedge_flow_usd": -2e9,
            "estimated_hedge_flow_calls_sold_usd": -9e9,
            "previous_chain_on": pd.Timestamp("2026-02-03"),
            "previous_chain_age_sessions": 1,
            "zero_day_gamma_share": 0.1,
            "zero_day_open_interest_share": 0.1,
            "zero_day_volume_share": 0.4,
            "call_open_interest": 1e5,
            "put_open_interest": 1e5,
            "contracts_used": 240,
            "contracts_solved": 7,
            "contracts_without_volatility": 1,
            "contracts_without_open_interest": 0,
            "contracts_expired": 30,
            "known_on": pd.Timestamp("2026-02-05"),
        }
    )


def test_dealers_who_hold_more_gamma_than_there_is_or_hedge_with_the_days_own_chain_block() -> None:
    assert check("dealer_gamma_daily", dealer_gamma()).failures == ()
    wrong = dealer_gamma().assign(estimated_net_gamma_usd_per_pct=6e9, previous_chain_on=pd.Timestamp("2026-02-04"), estimated_flip_level=100.0)
    assert complaints(check("dealer_gamma_daily", wrong), None) == {
        "net_over_gross": "critical",
        "previous_chain_age_days": "critical",
        "flip_over_spot": "critical",
    }
    assert complaints(check("dealer_gamma_daily", dealer_gamma().assign(contracts_without_volatility=200)), None) == {"left_out_share": "warning"}


def test_a_strike_with_negative_gamma_or_a_second_spot_blocks() -> None:
    strikes = pd.DataFrame(
        {
            "trade_date": pd.Timestamp("2026-02-04"),
            "underlying": "QQQ",
            "strike": [590.0, 600.0],
            "spot": 600.0,
            "strike_distance_pct": [-1.67, 0.0],
            "call_gamma_usd_per_pct": [1e8, 2e8],
            "put_gamma_usd_per_pct": [3e8, 1e8],
            "estimated_net_gamma_usd_per_pct": [-2e8, 1e8],
            "call_open_interest": 1e4,
            "put_open_interest": 1e4,
            "contracts_used": 18,
            "known_on": pd.Timestamp("2026-02-05"),
        }
    )
    assert check("dealer_gamma_strike", strikes).failures == ()
    wrong = strikes.assign(put_gamma_usd_per_pct=-1e6, spot=[600.0, 601.0])
    assert complaints(check("dealer_gamma_strike", wrong), None) == {"put_gamma_usd_per_pct": "critical", "spots": "critical", "net_over_gross": "critical"}


def test_a_headline_without_a_number_or_with_an_unknown_word_blocks() -> None:
    headlines = pd.DataFrame(
        {
            "trade_date": pd.to_datetime(["2026-02-04"]),
            "headline_id": "volatility",
            "position": 6,
            "topic": "volatility",
            "statement": "The VIX closed at 38.2 (+9.5) on 2026-02-04",
            "value": 38.2,
            "unit": "index points",
            "since_date": pd.to_datetime([None]),
            "history_from": pd.to_datetime([None]),
            "severity": "alert",
        }
    )
    assert check("headline_daily", headlines).failures == ()
    wrong = headlines.assign(value=None, severity="red", since_date=pd.Timestamp("2026-02-05"))
    assert complaints(check("headline_daily", wrong), None) == {"value": "critical", "severity": "critical", "since_days": "critical"}


def test_a_slope_whose_t_value_is_another_or_a_reason_nobody_knows_blocks() -> None:
    rows = pd.DataFrame(
        {
            "trade_date": pd.to_datetime(["2025-09-29", "2025-09-30"]),
            "slope": [None, 0.4],
            "slope_se": [None, 0.1],
            "slope_t": [None, 4.0],
            "securities": [120, 300],
            "flow_dispersion_pct": [None, 0.5],
            "residual_dispersion": [None, 1.1],
            "mean_slope_250": 0.05,
            "t_250": 2.1,
            "sessions_250": 249,
            "is_significant": True,
            "mean_slope_history": 0.04,
            "t_history": 3.9,
            "sessions_history": 2000,
            "lags_history": 7,
            "reason": ["flows_do_not_differ", None],
        }
    )
    assert check("price_pressure_daily", rows).failures == ()
    wrong = rows.assign(slope_t=[None, -4.0], reason="bad luck")
    assert complaints(check("price_pressure_daily", wrong), None) == {"slope_gap": "critical", "reason": "critical"}


def comovement() -> pd.DataFrame:
    """A day with numbers and one whose assets began too late."""
    return pd.DataFrame(
        {
            "trade_date": pd.to_datetime(["2026-02-03", "2026-02-04"]),
            "absorption_ratio": [None, 0.84],
            "absorption_shift": [None, 1.2],
            "assets": [4, 19],
            "sessions": [0, 500],
            "absorption_reason": ["too_few_series", None],
            "turbulence": [None, 2.5],
            "turbulence_percentile": [None, 0.93],
            "correlation_surprise": [None, 1.4],
            "turbulence_assets": [4, 19],
            "turbulence_sessions": [0, 1250],
            "turbulence_reason": ["too_few_series", None],
        }
    )


def test_a_share_above_the_whole_an_infinite_distance_or_a_reason_nobody_knows_blocks() -> None:
    assert check("comovement_daily", comovement()).failures == ()
    wrong = comovement().assign(absorption_ratio=[None, 1.1], turbulence=[None, float("inf")], turbulence_reason=["bad_luck", None])
    found = complaints(check("comovement_daily", wrong), None)
    assert found == {"absorption_ratio": "critical", "turbulence": "critical", "_infinite_figures": "critical", "turbulence_reason": "critical"}


def test_a_total_above_the_whole_or_a_record_of_the_day_itself_blocks() -> None:
    total = pd.DataFrame(
        {
            "trade_date": pd.Timestamp("2026-02-04"),
            "identification": ["generalized", "cholesky"],
            "total_pct": [45.0, None],
            "lag_order": 1,
            "lags_by_criterion": [1, None],
            "horizon_sessions": 10,
            "window_sessions": 250,
            "series": 12,
            "observations": [249, 0],
            "highest_since": pd.to_datetime(["2025-11-03", None]),
            "history_from": pd.Timestamp("2015-01-02"),
            "reason": [None, "collinear_series"],
        }
    )
    assert check("connectedness_daily", total).failures == ()
    wrong = total.assign(total_pct=[145.0, None], identification=["generalized", "guess"], highest_since=total["trade_date"])
    found = complaints(check("connectedness_daily", wrong), None)
    assert found == {"total_pct": "critical", "identification": "critical", "record_age_days": "critical"}


def test_a_pair_without_a_share_or_counted_twice_blocks() -> None:
    pairs = pd.DataFrame(
        {
            "trade_date": pd.Timestamp("2026-02-04"),
            "source": ["semiconductors", "gold"],
            "target": ["gold", "semiconductors"],
            "share_pct": [6.0, 2.0],
            "net_pct": [4.0, -4.0],
        }
    )
    assert check("connectedness_pair_daily", pairs).failures == ()
    wrong = pairs.assign(source="gold", target="semiconductors", share_pct=[None, 102.0])
    assert complaints(check("connectedness_pair_daily", wrong), None) == {"_payload": "critical", "share_pct": "critical"}


def test_a_correlation_beyond_one_or_a_window_that_is_too_long_blocks() -> None:
    rows = pd.DataFrame(
        {
            "trade_date": pd.to_datetime(["2025-09-30", "2025-09-30"]),
            "source": "technology",
            "target": ["gold", "asia"],
            "is_two_day_mean": [False, True],
            "correlation_crisis": [None, 0.7],
            "correlation_full": [0.1, 0.6],
            "variance_increase": [None, 3.0],
            "correlation_adjusted": [None, 0.5],
            "z_raw": [None, 0.6],
            "z_adjusted": [None, -0.5],
            "is_contagion_raw": [None, False],
            "is_contagion_adjusted": [None, False],
            "sessions_crisis": [20, 19],
            "sessions_full": [270, 260],
            "sessions_quiet": 187,
            "reason": ["a_series_does_not_move", None],
        }
    )
    assert check("cross_asset_contagion_daily", rows).failures == ()
    wrong = rows.assign(correlation_adjusted=[None, 1.5], sessions_crisis=30)
    assert complaints(check("cross_asset_contagion_daily", wrong), None) == {"correlation_adjusted": "critical", "sessions_crisis": "critical"}


def test_slopes_that_do_not_add_up_or_thresholds_out_of_order_block() -> None:
    rows = pd.DataFrame(
        {
            "trade_date": pd.to_datetime(["2025-09-30", "2025-09-30"]),
            "haven": ["bonds", "gold"],
            "haven_return": [0.01, -0.01],
            "equity_return": -0.02,
            "threshold_lowest_10": -0.01,
            "threshold_lowest_5": -0.015,
            "threshold_lowest_1": -0.03,
            "equities_fell_hard": True,
            "slope_usual": [-0.2, None],
            "slope_lowest_10": [0.1, None],
            "slope_lowest_5": [0.1, None],
            "slope_lowest_1": [0.1, None],
            "slope_on_worst_days": [0.1, None],
            "slope_on_worst_days_se": [0.05, None],
            "p_value": [0.02, None],
            "fails": [True, None],
            "sessions": [1250, 900],
            "sessions_lowest_1": [13, 9],
            "reason": [None, "too_few_sessions"],
        }
    )
    assert check("safe_haven_daily", rows).failures == ()
    wrong = rows.assign(slope_on_worst_days=[0.4, None], threshold_lowest_5=-0.005)
    assert complaints(check("safe_haven_daily", wrong), None) == {"slope_gap": "critical", "threshold_lowest_10": "critical"}


def test_a_benchmark_known_before_its_day_blocks() -> None:
    days = pd.to_datetime(["2025-09-29", "2025-09-30"])
    rows = pd.DataFrame(
        {
            "trade_date": days,
            "ofr_fsi": [-1.1, -1.2],
            "ofr_percentile": [0.5, 0.4],
            "ofr_observed_on": days - pd.Timedelta(days=2),
            "ofr_age_sessions": 2,
            "vix_close": [15.0, None],
            "vix_percentile": [0.3, None],
            "ai_drawdown_pct": [-3.0, 0.0],
            **{f"index_{benchmark}_{what}": [0.5, None] for benchmark in ("ofr", "vix") for what in ("rank_correlation", "lead_rank_correlation")},
            **{f"index_{benchmark}_lead_sessions": [2.0, None] for benchmark in ("ofr", "vix")},
        }
    )
    assert [failure for failure in check("benchmark_daily", rows).failures if failure.severity == "critical"] == []
    hindsight = check("benchmark_daily", rows.assign(ofr_observed_on=days + pd.Timedelta(days=1), vix_close=15.0))
    assert complaints(hindsight, None) == {"ofr_age_days": "critical"}


def test_a_fund_that_sells_what_it_did_not_lose_or_holds_what_is_not_known_yet_blocks() -> None:
    rows = pd.DataFrame(
        {
            "trade_date": pd.to_datetime(["2025-09-29", "2025-09-30"]),
            "fund_id": "QQQ",
            "scenario": "ai_basket",
            "shocked": "ai",
            "shock": -0.1,
            "segment": "tech_heavy",
            "tna_usd": 4e11,
            "shocked_weight": 0.5,
            "flow_sensitivity": 0.5,
            "depth_rule": "adv_over_volatility",
            "liquidation_rule": "pro_rata",
            "direct_vulnerability": 0.05,
            "direct_loss_usd": 2e10,
            "forced_sale_usd": -1e10,
            "systemicness": 0.0002,
            "systemicness_usd": 1e9,
            "indirect_vulnerability": 0.001,
            "indirect_loss_usd": 4e8,
            "cascade_loss_usd": [None, 4e8],
            "endogenous_risk_index": [None, 0.2],
            "depth_known_share": 0.98,
            "holdings_observed_on": pd.to_datetime(["2025-08-29", "2025-09-30"]),
            "assets_on": pd.to_datetime(["2025-09-26", "2025-09-30"]),
        }
    )
    assert check("fund_fire_sale_daily", rows).failures == ()
    assert complaints(check("fund_fire_sale_daily", rows.assign(forced_sale_usd=-2e10)), None) == {"sale_gap": "critical"}
    hindsight = rows.assign(holdings_observed_on=pd.Timestamp("2025-10-01"))
    assert complaints(check("fund_fire_sale_daily", hindsight), None) == {"holdings_age_days": "critical"}
