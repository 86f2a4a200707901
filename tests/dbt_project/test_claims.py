"""The seed of claims against the fixed list of metrics: a claim about a number that nobody computes would never be tested, and nobody would notice."""

import csv
import re
from datetime import date

import pytest
import yaml

from orchestration import calendars
from orchestration.settings import DBT_PROJECT

MODELS = DBT_PROJECT / "models"
METRIC = re.compile(r"^    \('(\w+)', '(\w+)', '([^']*)', (?:\"[^\"]*\"|'true'), '([^']*)'\),$", re.MULTILINE)
METRICS = METRIC.findall((MODELS / "intermediate" / "int_claim_metrics.sql").read_text())
MONTHLY = ("margin_leverage_monthly", "debit_balances_usd_mn", "", "USD million")
with (DBT_PROJECT / "seeds" / "claims.csv").open(newline="") as lines:
    CLAIMS = list(csv.DictReader(lines))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["claim_id"])
def test_a_claim_is_about_a_number_of_the_list_on_a_session_and_says_whose_it_is(claim: dict[str, str]) -> None:
    assert (claim["metric_table"], claim["metric_column"], claim["metric_filter"], claim["unit"]) in [*METRICS, MONTHLY]
    assert calendars.is_session(date.fromisoformat(claim["trade_date"]))
    assert len(claim["basis"]) > 10


def test_the_list_names_columns_that_are_published_and_each_once() -> None:
    assert len(METRICS) == len(set(METRICS)) > 10
    published = {
        (model["name"], column["name"])
        for path in (MODELS / "marts").rglob("*.yml")
        for model in yaml.safe_load(path.read_text())["models"]
        for column in model["columns"]
    }
    assert {(table, column) for table, column, _, _ in METRICS} <= published
