"""What is found in a published file, and that it is told once: also again, by two at once, after a failure, and after a kill."""

import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration import settings as environment
from orchestration.cli import main
from orchestration.reporting import alerts, delivery, outbox, terminal
from orchestration.reporting.alerts import FailedRun
from orchestration.reporting.outcome import RunReport, Told
from orchestration.settings import CHECKOUT, Settings, SettingsError

from ..webhook import Webhook, listening
from .conftest import publish

DAY = date(2026, 2, 4)
TOKEN = "s3cr3t-t0ken"  # noqa: S105 - what must not be seen anywhere
PUBLISHED = [
    "SIMULATED: Level breached on 2026-02-03: it_sector closed at 3,440.5, below 3,450",
    "SIMULATED: Regime changed on 2026-02-03: stress → contagion",
    "SIMULATED: New release: sec_nport to 2025-09-30",
    "SIMULATED: New release: ici_fund_flows to 2026-01-28",
]


def titles(found: list[alerts.Alert]) -> list[str]:
    return [alert.title.removeprefix("SIMULATED: ") for alert in found]


class TestWindow:
    @pytest.mark.parametrize(
        ("handled", "first", "begin"),
        [
            (None, None, "2026-02-02"),  # a first publication: the last three sessions
            (None, "2026-02-04", "2026-02-02"),
            (None, "2026-01-26", "2026-01-26"),  # a range: all of it
            (None, "2016-01-04", "2026-01-07"),  # but twenty sessions at most: 2026-01-19 is a holiday
            ("2026-01-29", None, "2026-01-30"),  # what came since the last look
            ("2026-02-04", None, "2026-02-02"),  # the same again: something may have become known late
            ("2026-01-29", "2016-01-04", "2026-01-30"),  # a range over what was looked at
            ("2025-06-30", None, "2026-01-07"),
        ],
    )
    def test_it_begins_where_the_last_look_ended_or_the_range_began(self, handled: str | None, first: str | None, begin: str) -> None:
        days = {"handled": date.fromisoformat(handled) if handled else None, "first": date.fromisoformat(first) if first else None}
        assert alerts.window(DAY, **days) == (date.fromisoformat(begin), DAY)

    def test_a_session_of_the_past_published_again_by_name_is_no_news(self) -> None:
        begin, end = alerts.window(date(2026, 1, 30), handled=DAY, first=date(2026, 1, 30))
        assert begin > end


class TestDue:
    def test_a_level_is_told_on_the_first_close_beyond_it_and_not_on_the_next(self, settings: Settings) -> None:
        (breach,) = alerts.due(settings, alerts.LEVEL_BREACHED)
        assert (breach.key, breach.session) == ("level_breached/w/2026-02-03", date(2026, 2, 3))

    def test_a_change_of_regime_is_told_in_the_words_of_its_headline_across_a_session_without_an_index(self, settings: Settings) -> None:
        (change,) = alerts.due(settings, alerts.REGIME_CHANGED)
        assert titles([change]) == ["Regime changed on 2026-02-03: stress → contagion"]
        assert change.body == f"SIMULATED market, not real prices or flows.\nThe index stands at 0.19\n{change.link}"

    def test_a_range_tells_each_change_in_it_and_the_first_regime_there_ever_was_is_none(self, settings: Settings) -> None:
        told = titles(alerts.due(settings, alerts.REGIME_CHANGED, first=date(2026, 1, 26)))
        assert told == ["Regime changed on 2026-01-30: tension → stress", "Regime changed on 2026-02-03: stress → contagion"]
        publish(settings.home, date(2025, 6, 3))
        assert titles(alerts.due(settings, alerts.REGIME_CHANGED)) == ["Regime changed on 2025-06-03: calm → panic"]

    def test_a_release_is_told_once_a_source_and_a_daily_file_is_none(self, settings: Settings) -> None:
        found = alerts.due(settings, alerts.RELEASE_SEEN)
        assert [alert.key for alert in found] == ["release_seen/sec_nport/2025-Q3", "release_seen/ici_fund_flows/2026-W05"]
        assert [alert.session for alert in found] == [date(2026, 2, 3), DAY]

    def test_a_release_that_was_public_at_the_cut_off_before_the_window_is_old(self, settings: Settings) -> None:
        begin, _ = alerts.window(DAY, handled=None, first=date(2026, 1, 21))
        assert begin == date(2026, 1, 21)
        assert "release_seen/finra_margin_debt/2025-12" in [alert.key for alert in alerts.due(settings, alerts.RELEASE_SEEN, first=begin)]
        assert "release_seen/finra_margin_debt/2025-12" not in [alert.key for alert in alerts.due(settings, alerts.RELEASE_SEEN, first=date(2026, 1, 22))]

    def test_the_link_is_the_brief_where_there_is_one_and_a_page_of_the_ui_elsewhere(self, settings: Settings) -> None:
        elsewhere = replace(settings, ui_url="https://dagster.example.org")
        assert alerts.due(elsewhere, alerts.LEVEL_BREACHED)[0].link == "https://dagster.example.org/assets/published"
        brief = settings.home / "briefs" / "2026-02-04.html"
        brief.parent.mkdir()
        brief.touch()
        assert {alert.link for kind in alerts.PUBLISHED_KINDS for alert in alerts.due(settings, kind)} == {brief.as_uri()}

    def test_a_failed_run_is_told_with_its_reasons_a_line_each_and_its_page(self, settings: Settings) -> None:
        alert = alerts.failed(settings, FailedRun("abc", DAY, tuple(f"reason {number}" for number in range(12))))
        lines = alert.body.splitlines()
        assert lines[1:4] == ["reason 0", "reason 1", "reason 2"]
        assert lines[-2:] == ["and 2 more", "http://127.0.0.1:3000/runs/abc"]
        assert alert.title == "SIMULATED: Run failed of 2026-02-04"

    def test_what_is_real_does_not_say_simulated(self, settings: Settings) -> None:
        real = replace(settings, profile="live")
        assert all("SIMULATED" not in alert.title + alert.body for kind in alerts.PUBLISHED_KINDS for alert in alerts.due(real, kind))

    def test_nothing_published_is_nothing_to_tell(self, tmp_path: Path) -> None:
        assert alerts.due(environment.load({"CONTAGION_HOME": str(tmp_path / "new")}), alerts.LEVEL_BREACHED) == []


class TestTell:
    def test_each_thing_is_told_once_however_often_the_run_is_repeated(self, telling: Callable[..., Settings], webhook: Webhook) -> None:
        settings, run = telling(webhook.url()), FailedRun("abc", DAY, ("no answer",))
        assert outbox.tell(settings, failed=[run]).problems == []
        assert sorted(webhook.titles) == sorted([*PUBLISHED, "SIMULATED: Run failed of 2026-02-04"])
        publish(settings.home, DAY, run_id="repeated")
        assert outbox.tell(settings, first=date(2026, 2, 3), failed=[run]).sent == []
        assert len(webhook.messages) == 5

    def test_day_by_day_tells_the_same_as_a_range_of_those_days(self, telling: Callable[..., Settings], webhook: Webhook, tmp_path: Path) -> None:
        settings = telling(webhook.url())
        for day in (29, 30):
            publish(settings.home, date(2026, 1, day))
            outbox.tell(settings, [alerts.REGIME_CHANGED])
        for day in (2, 3, 4):
            publish(settings.home, date(2026, 2, day))
            outbox.tell(settings, [alerts.REGIME_CHANGED])
        with listening() as other:
            ranged = replace(settings, home=tmp_path / "ranged", alert_urls=(other.url(),))
            publish(ranged.home, DAY)
            outbox.tell(ranged, [alerts.REGIME_CHANGED], first=date(2026, 1, 29))
            assert webhook.titles == other.titles
        assert len(webhook.titles) == 2

    def test_two_processes_that_look_at_once_send_one_message_each_thing(self, telling: Callable[..., Settings], webhook: Webhook) -> None:
        settings = telling(webhook.url())
        look = "from orchestration import settings; from orchestration.reporting import outbox; print(len(outbox.tell(settings.load()).sent))"
        given = {**environment.inherited(), "CONTAGION_PROFILE": "sample", "CONTAGION_HOME": str(settings.home), "CONTAGION_ALERT_URLS": webhook.url()}
        both = [subprocess.Popen([sys.executable, "-c", look], cwd=CHECKOUT, env=given, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        assert sorted(int(process.communicate(timeout=120)[0]) for process in both) == [0, 4]
        assert sorted(webhook.titles) == sorted(PUBLISHED)

    def test_without_an_address_nothing_is_sent_nor_written_and_later_no_flood_comes(self, settings: Settings, webhook: Webhook) -> None:
        publish(settings.home, date(2025, 6, 3))
        assert outbox.tell(settings) == Told()
        assert not (settings.home / "alerts").exists()
        publish(settings.home, DAY)
        outbox.tell(replace(settings, alert_urls=(webhook.url(),)))
        assert sorted(webhook.titles) == sorted(PUBLISHED)

    def test_a_failed_delivery_is_said_and_tried_again_at_the_target_that_failed_alone(self, telling: Callable[..., Settings], webhook: Webhook) -> None:
        with listening() as broken:
            broken.status = 503
            settings = telling(webhook.url(), broken.url())
            told = outbox.tell(settings, [alerts.LEVEL_BREACHED])
            assert told.sent == []
            (problem,) = told.problems
            assert problem == f"not delivered, tried again on the next run: {PUBLISHED[0]} (target 2: it answered with HTTP status 503)"
            assert outbox.tell(settings, [alerts.LEVEL_BREACHED], patience=timedelta(minutes=10)) == Told()  # too early
            broken.status = 200
            assert outbox.tell(settings, [alerts.REGIME_CHANGED]).sent == [PUBLISHED[1]]  # another sensor's turn
            assert outbox.tell(settings).sent[0] == PUBLISHED[0]
            assert (webhook.titles.count(PUBLISHED[0]), broken.titles.count(PUBLISHED[0])) == (1, 1)

    def test_what_nobody_takes_for_a_week_is_given_up_and_said(self, telling: Callable[..., Settings], webhook: Webhook) -> None:
        webhook.status = 500
        settings = telling(webhook.url())
        outbox.tell(settings, [alerts.LEVEL_BREACHED])
        path = settings.home / "alerts" / "journal.jsonl"
        path.write_text(re.sub(r'"at": "[^"]*"', f'"at": "{(datetime.now(UTC) - timedelta(days=8)).isoformat()}"', path.read_text()))
        (problem,) = outbox.tell(settings, [alerts.LEVEL_BREACHED]).problems
        assert problem.startswith(f"given up: {PUBLISHED[0]}")
        assert outbox.tell(settings, [alerts.LEVEL_BREACHED]) == Told()
        assert webhook.tries == 1

    def test_a_target_that_hangs_holds_up_nobody_else(self, webhook: Webhook) -> None:
        with listening() as hanging:
            hanging.hold = threading.Event()
            with delivery.sender(seconds=12) as sender:  # starting the child takes seconds on a busy machine
                answers = sender.send({1: hanging.url("?rto=60"), 2: webhook.url()}, "one", "body")  # Apprise itself would give up after four
                assert answers == {1: delivery.UNANSWERED, 2: ""}
                assert sender.send({2: webhook.url()}, "two", "body") == {2: ""}
        assert webhook.titles == ["one", "two"]


class TestJournal:
    def test_killed_while_sending_it_is_sent_again_with_a_remark(self, telling: Callable[..., Settings], webhook: Webhook) -> None:
        settings = telling(webhook.url())
        outbox.tell(settings, [alerts.LEVEL_BREACHED])
        path = settings.home / "alerts" / "journal.jsonl"
        lines = path.read_text().splitlines(keepends=True)
        assert [json.loads(line)["what"] for line in lines] == ["noted", "handled", "sending", "sent"]
        path.write_text("".join(lines[:3]) + lines[3][:20])  # and the line that would have said so is half there
        assert outbox.tell(settings, [alerts.LEVEL_BREACHED]).sent == [PUBLISHED[0]]
        assert [message["message"].startswith("Perhaps told before") for message in webhook.messages] == [False, True]
        assert outbox.Journal(settings.home).entries["level_breached/w/2026-02-03"].state == "sent"
        assert all(json.loads(line) for line in path.read_text().splitlines())

    def test_killed_before_sending_it_is_sent_as_if_nothing_had_been(self, telling: Callable[..., Settings], webhook: Webhook) -> None:
        settings = telling(webhook.url())
        outbox.tell(settings, [alerts.LEVEL_BREACHED])
        path = settings.home / "alerts" / "journal.jsonl"
        path.write_text(path.read_text().splitlines(keepends=True)[0])
        outbox.tell(settings, [alerts.LEVEL_BREACHED])
        assert [message["message"].startswith("SIMULATED market") for message in webhook.messages] == [True, True]


def test_no_token_is_seen_in_a_log_an_output_the_journal_or_a_message_of_ours(
    telling: Callable[..., Settings],
    webhook: Webhook,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.NOTSET)
    for name in ("apprise", "urllib3", "urllib3.connectionpool", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    webhook.status = 500
    settings = telling(
        webhook.url(TOKEN), f"json://user:{TOKEN}@127.0.0.1:{webhook.port}/", f"json://127.0.0.1:1/{TOKEN}", f"no-such-service://{TOKEN}", f"tgram://{TOKEN}"
    )
    told = outbox.tell(settings)
    assert len(told.problems) == 5 * 4
    assert webhook.tries == 2 * 4
    output = capfd.readouterr()
    journal = (settings.home / "alerts" / "journal.jsonl").read_text()
    seen = [caplog.text, output.out, output.err, journal, repr(told), repr(settings)]
    assert not [text for text in seen if TOKEN in text]
    assert {"target 1", "target 5"} <= set(re.findall(r"target \d", repr(told)))


class TestCommand:
    @pytest.fixture
    def typed(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
        monkeypatch.setenv("CONTAGION_HOME", str(settings.home))
        monkeypatch.setenv("CONTAGION_PROFILE", "sample")

        def run(*arguments: str, urls: str = "") -> int:
            monkeypatch.setenv("CONTAGION_ALERT_URLS", urls)
            try:
                main(["alerts", *arguments], standalone_mode=False)
            except SystemExit as ended:
                return int(ended.code or 0)
            return 0

        return run

    def test_it_shows_how_many_targets_there_are_and_what_was_told(
        self, typed: Callable[..., int], telling: Callable[..., Settings], webhook: Webhook, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert typed() == 0
        assert "nothing is sent" in capsys.readouterr().out
        outbox.tell(telling(webhook.url()), [alerts.REGIME_CHANGED])
        assert typed(urls=f"{webhook.url(TOKEN)} {webhook.url()}") == 0
        shown = capsys.readouterr().out
        assert "2 in CONTAGION_ALERT_URLS" in shown
        assert PUBLISHED[1] in shown
        assert TOKEN not in shown

    def test_a_test_message_goes_to_every_target_and_is_no_alert(
        self, typed: Callable[..., int], settings: Settings, webhook: Webhook, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert typed("--test") == 2
        assert "CONTAGION_ALERT_URLS" in capsys.readouterr().err
        assert typed("--test", urls=webhook.url()) == 0
        assert webhook.titles == ["SIMULATED: Test of contagion's alerts"]
        webhook.status = 403
        assert typed("--test", urls=webhook.url()) == 1
        assert "target 1: not delivered: it answered with HTTP status 403" in capsys.readouterr().out
        assert outbox.Journal(settings.home).entries == {}


def test_a_run_says_what_was_told_and_warns_of_what_was_not_and_its_status_is_the_runs_own(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    report = RunReport(
        "abc", DAY, DAY, published=False, told=Told(["Regime changed"], ["not delivered, tried again on the next run: Level breached (target 1)"])
    )
    terminal.run_report(settings, report)
    shown = capsys.readouterr().out
    assert "told       Regime changed" in shown
    assert "warning alert not delivered, tried again on the next run: Level breached (target 1)" in shown
    assert replace(report, published=True).exit_status == 0


class TestSettings:
    @pytest.mark.parametrize(
        ("text", "urls"),
        [
            ("", ()),
            ("json://a/b", ("json://a/b",)),
            ("json://a/b,slack://c ntfy://d\n, tgram://e,", ("json://a/b", "slack://c", "ntfy://d", "tgram://e")),
            ("mailto://u:p@x.org?to=a@x.org,b@x.org,json://c", ("mailto://u:p@x.org?to=a@x.org,b@x.org", "json://c")),
        ],
    )
    def test_addresses_are_parted_by_blanks_and_by_commas_before_an_address(self, text: str, urls: tuple[str, ...]) -> None:
        assert environment.parse_alert_urls(text) == urls

    def test_a_ui_address_with_a_password_is_refused_without_saying_it(self) -> None:
        with pytest.raises(SettingsError, match="CONTAGION_UI_URL: expected") as refused:
            environment.load({"CONTAGION_UI_URL": f"https://me:{TOKEN}@example.org"})
        assert TOKEN not in str(refused.value)
        with pytest.raises(SettingsError, match="CONTAGION_UI_URL: expected"):
            environment.load({"CONTAGION_UI_URL": f"https://example.org/?token={TOKEN}"})
        assert environment.load({"CONTAGION_UI_URL": "https://example.org/dagster/"}).ui_url == "https://example.org/dagster"
