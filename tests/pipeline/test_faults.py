"""What publishers get wrong, in a whole run: archived, quarantined, named; everything else as without it."""

import html
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from orchestration.defs import transform
from orchestration.reporting.outcome import CheckFailure
from orchestration.warehouse import publish
from orchestration.warehouse.build import ForeignBuildError, connect

from .conftest import AFTER, NEXT, Pipeline, assert_same_tables, tomorrow, write_mirror


def serve(pipeline: Pipeline, word: str, change: Callable[[bytes], bytes], *, since: str = "2025-10-02") -> bytes:
    """From a day on, let the address whose newest file contains the word answer with a changed body; return that body."""
    assert pipeline.mirror is not None
    index = json.loads((pipeline.mirror / "mirror.json").read_text())
    entry = [entry for entry in index["files"] if word in entry["file"]][-1]
    body = change((pipeline.mirror / entry["file"]).read_bytes())
    name = f"changed/{len(index['files'])}"
    index["files"].append({"url": entry["url"], "from": since, "file": name})
    write_mirror(pipeline.mirror, index["files"], {name: body})
    return body


def replace_once(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        assert old in body
        return body.replace(old, new, 1)

    return change


def renamed_column_in_workbook(body: bytes) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(changed, "w") as new:
        for member in old.infolist():
            content = old.read(member)
            new.writestr(member, content.replace(b"<t>Identifier</t>", b"<t>Ident</t>") if member.filename.endswith(".xml") else content)
    assert changed.getvalue() != body
    return changed.getvalue()


def errors_by_asset(failures: list[CheckFailure]) -> dict[str, str]:
    return {failure.asset: failure.found for failure in failures if failure.is_error}


def heavy_weights(body: bytes) -> bytes:
    """The ARK file with a negative price, a doubled line and weights that sum to about 300."""
    header, *lines = body.decode().splitlines()
    data = [line for line in lines if "," in line and line.startswith("06/04/2024")]
    disclaimer = lines[-1]
    tripled = [line.rsplit(",", 1)[0] + f",{float(line.rsplit(',', 1)[1].rstrip('%')) * 3:.2f}%" for line in data]
    tripled[2] = tripled[2].replace('"$533,280,629.10"', '"$-533,280,629.10"')
    assert "$-533" in tripled[2]
    return "\n".join([header, *tripled, tripled[0], disclaimer, ""]).encode()


def test_a_day_of_faults_is_quarantined_by_name_and_leaves_every_table_as_it_was(copied: Pipeline, next_days: Pipeline) -> None:
    assert copied.mirror is not None
    tomorrow(copied.mirror)
    faults = {
        "raw_finra__margin_debt": serve(copied, "finra_margin", lambda body: body[: len(body) // 2]),
        "raw_ici__fund_flows": serve(copied, "ici/", lambda body: b"<html><head><title>Service unavailable</title></head></html>", since=NEXT),
        "raw_ishares__fund_history": serve(copied, "fund.xls", lambda body: b""),
        "raw_ishares__holdings": serve(copied, "IVV_holdings", lambda body: b"You have exceeded the rate limit. Please try again later."),
        "raw_spdr__holdings": serve(copied, "spy_2025", renamed_column_in_workbook),
        "raw_ark__holdings": serve(copied, "ARKK", heavy_weights),
    }
    report = copied.run(NEXT, first=AFTER)
    assert (report.exit_status, report.published) == (1, True)

    found = errors_by_asset(report.failures)
    assert found.keys() == faults.keys()
    assert "FINRA, margin-statistics.xlsx: expected a complete zip archive" in found["raw_finra__margin_debt"]
    assert "found a web page titled 'Service unavailable'" in found["raw_ici__fund_flows"]
    assert "found an empty body" in found["raw_ishares__fund_history"]
    assert "'You have exceeded the rate limit. Please try again later.'" in found["raw_ishares__holdings"]
    assert "none headed ['Identifier']" in found["raw_spdr__holdings"]
    assert all("\n" not in sentence for sentence in found.values())

    quarantined = {path.parent.name for path in (copied.home / "quarantine").glob("*/*/reason.json")}
    assert len(quarantined) == len(faults)
    archived = [path.read_bytes() for path in (copied.home / "landing" / "objects").rglob("*") if path.is_file()]
    assert all(body in archived for body in faults.values())

    # Without the faults the same sessions give the same tables, but for what they say of the sources.
    expected, tables = next_days.frames(), copied.frames()
    status = tables.pop("source_status").set_index("table_name")
    expected.pop("source_status")
    assert_same_tables(tables, expected)

    # The bad holdings file is visible where people look; the fund keeps its last good holdings, with their age.
    assert "weight" in found["raw_ark__holdings"]
    assert status.loc["raw_ark__holdings", "verdict"] == "quarantined"
    assert status.loc["raw_ark__holdings", "last_observed_on"] == pd.Timestamp("2024-06-04")
    assert status.loc["raw_ark__holdings", "age_days"] == (pd.Timestamp(NEXT) - pd.Timestamp("2024-06-04")).days
    for asset, sentence in found.items():
        page = html.unescape((copied.home / "data_docs" / f"{asset}.html").read_text())
        assert sentence in page, asset


def test_a_fresh_home_whose_only_payload_is_quarantined_publishes_nothing_empty(tmp_path: Path) -> None:
    url = "https://www.finra.org/sites/default/files/2021-03/margin-statistics.xlsx"
    mirror = write_mirror(tmp_path / "mirror", [{"url": url, "from": "2025-09-01", "file": "page"}], {"page": b"<html>busy</html>"})
    pipeline = Pipeline(tmp_path / "home", mirror)
    report = pipeline.run("2025-09-30")
    assert (report.exit_status, report.published, pipeline.published.exists()) == (1, False, False)
    found = errors_by_asset(report.failures)
    assert "found a web page" in found["raw_finra__margin_debt"]
    assert any("margin_leverage_monthly" in asset for asset in found)


def test_a_mart_made_wrong_on_purpose_blocks_publication_and_the_file_stays_byte_identical(
    copied: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(transform.DBT_PROJECT, project)
    model = project / "models" / "marts" / "leverage" / "margin_leverage_monthly.sql"
    changed = "-abs(debit_balances_usd_mn) as debit_balances_usd_mn, cast('nan' as double) as net_credit_usd_mn"
    wrong = [f"select * replace ({changed}) from (", model.read_text(), ")"]
    model.write_text("\n".join(wrong))
    monkeypatch.setattr(transform, "DBT_PROJECT", project)
    before = copied.digest()
    report = copied.run(NEXT)
    assert (report.exit_status, report.published, copied.digest()) == (1, False, before)
    found = errors_by_asset(report.failures)
    assert "margin_leverage_monthly" in found, (found, report.errors)
    assert "expected numbers or null in net_credit_usd_mn, found NaN or infinity in" in found["margin_leverage_monthly"]
    assert publish.read_manifest(copied.published)["as_of"] == "2025-09-30"


def test_an_older_session_does_not_replace_a_newer_file_unless_asked_for(copied: Pipeline) -> None:
    """Straight through the publisher: the build of the clean run, dated a day earlier."""
    manifest, before = publish.read_manifest(copied.published), copied.digest()
    settings = copied.settings()

    def publish_older(*, may_go_back: bool, run_id: str = manifest["run_id"]) -> None:
        publish.publish(
            settings.build_file,
            settings.published_file,
            marts=list(manifest["tables"]),
            views=["holding_known_daily"],
            run_id=run_id,
            as_of=date(2025, 9, 29),
            cutoff_on=date(2025, 9, 30),
            profile="live",
            is_simulated=False,
            may_go_back=may_go_back,
            payloads={},
        )

    with pytest.raises(publish.OlderThanPublishedError, match="expected a session from 2025-09-30 on, found 2025-09-29; the published file stays"):
        publish_older(may_go_back=False)
    with pytest.raises(ForeignBuildError, match="expected the build of run another"):
        publish_older(may_go_back=True, run_id="another")
    assert copied.digest() == before
    with connect(settings.build_file, read_only=False) as connection:
        connection.execute("create table marts.judged_by_nobody as select 1 as x")
    publish_older(may_go_back=True)
    assert "judged_by_nobody" not in copied.frames()
    assert publish.read_manifest(copied.published)["as_of"] == "2025-09-29"


@pytest.mark.parametrize("renamed", [False, True], ids=["before the rename", "after the rename"])
def test_a_publication_killed_at_the_rename_leaves_a_whole_file(copied: Pipeline, monkeypatch: pytest.MonkeyPatch, renamed: bool) -> None:
    manifest, before, settings = publish.read_manifest(copied.published), copied.frames(), copied.settings()
    real = os.replace

    def dies(source: str, target: str) -> None:
        if renamed:
            real(source, target)
        raise KeyboardInterrupt

    def publish_again() -> None:
        day = date(2025, 9, 30)
        options = {"profile": "live", "is_simulated": False, "may_go_back": False, "payloads": {}, "marts": list(manifest["tables"]), "views": []}
        publish.publish(settings.build_file, settings.published_file, run_id=manifest["run_id"], as_of=day, cutoff_on=date(2025, 10, 1), **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr("orchestration.landing.files.os.replace", dies)
        with pytest.raises(KeyboardInterrupt):
            publish_again()
    assert_same_tables(copied.frames(), before)
    publish_again()
    assert_same_tables(copied.frames(), before)
    assert publish.read_manifest(copied.published)["file_sha256"] == copied.digest()
