"""Mirror, replay and http, the last against a server on this machine that answers as publishers do, faults included."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import stamina

from orchestration import calendars
from orchestration.landing.archive import Answer, Archive
from orchestration.landing.transports import Http, Mirror, MirrorError, Replay
from orchestration.sources.contract import Request, Scope, Source

from .conftest import SOURCE, VALUES, WEDNESDAY, body, published_on

URL = "https://example.org/values.csv"


def a_mirror(folder: Path, *entries: dict[str, object]) -> Mirror:
    folder.mkdir(exist_ok=True)
    (folder / "one.csv").write_bytes(body(("2026-01-30", "x", 1)))
    (folder / "two.csv").write_bytes(body(("2026-01-30", "x", 2)))
    (folder / "mirror.json").write_text(json.dumps({"files": list(entries)}))
    return Mirror(folder)


def test_a_mirror_answers_with_every_version_up_to_the_fetch_day_in_order(tmp_path: Path) -> None:
    mirror = a_mirror(
        tmp_path / "mirror",
        {"url": URL, "from": "2026-02-05", "file": "two.csv"},
        {"url": URL, "from": "2026-01-31", "file": "one.csv"},
        {"url": URL, "from": "2026-02-06", "file": "one.csv"},
        {"url": "https://example.org/else", "from": "2026-01-01", "file": "one.csv"},
    )
    answers = list(mirror.answers(SOURCE, Scope(WEDNESDAY), Archive(tmp_path)))
    assert [answer.content for answer in answers] == [body(("2026-01-30", "x", 1)), body(("2026-01-30", "x", 2))]
    # The first version appeared on a Saturday: it counts as fetched at 06:00 New York on Monday.
    assert [answer.fetched_at for answer in answers] == [datetime(2026, 2, 2, 11, tzinfo=UTC), datetime(2026, 2, 5, 11, tzinfo=UTC)]


def test_an_address_without_an_entry_is_a_404_and_an_error_status_gives_no_body(tmp_path: Path) -> None:
    (answer,) = a_mirror(tmp_path / "empty").answers(SOURCE, Scope(WEDNESDAY), Archive(tmp_path))
    assert (answer.status, answer.content) == (404, None)
    (answer,) = a_mirror(tmp_path / "busy", {"url": URL, "from": "2026-01-31", "file": "one.csv", "status": 429}).answers(
        SOURCE, Scope(WEDNESDAY), Archive(tmp_path)
    )
    assert (answer.status, answer.content, answer.problem) == (429, None, "answered with status 429")


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("{", "expected {'files'"),
        ('{"files": [{"url": "x"}]}', "expected 'url' and 'from'"),
        (json.dumps({"files": [{"url": URL, "from": "2026-01-31", "file": "../../etc/passwd"}]}), "expected files inside the mirror"),
        (json.dumps({"files": ["x"]}), "expected 'url' and 'from'"),
        (json.dumps({"files": [{"url": URL, "from": "soon"}]}), "expected 'from' to be a date"),
    ],
)
def test_a_broken_mirror_is_refused_in_one_sentence(tmp_path: Path, index: str, message: str) -> None:
    (tmp_path / "mirror.json").write_text(index)
    with pytest.raises(MirrorError, match=message):
        list(Mirror(tmp_path).answers(SOURCE, Scope(WEDNESDAY), Archive(tmp_path)))


def test_a_file_that_the_mirror_lists_and_lacks_is_no_answer_and_stops_nobody(tmp_path: Path) -> None:
    (answer,) = a_mirror(tmp_path / "mirror", {"url": URL, "from": "2026-01-31", "file": "gone.csv"}).answers(SOURCE, Scope(WEDNESDAY), Archive(tmp_path))
    assert (answer.status, answer.content) == (404, None)
    assert "'gone.csv', which cannot be read" in answer.problem


def test_replay_answers_with_what_was_archived_by_the_cut_off(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for morning, content in ((date(2026, 2, 3), b"early"), (date(2026, 2, 9), b"late")):
        archive.keep(SOURCE.name, [Answer(Request(URL, "A"), 200, calendars.instant(morning), content)])
    assert [answer.content for answer in Replay().answers(SOURCE, Scope(WEDNESDAY), archive)] == [b"early"]


class Publisher(BaseHTTPRequestHandler):
    """Answers by path: data, not modified, busy then data, always busy, gone, cut off."""

    tries: ClassVar[dict[str, int]] = {}
    seen: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        path = self.path
        self.tries[path] = self.tries.get(path, 0) + 1
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        if path == "/cached" and self.headers.get("If-None-Match") == '"v1"':
            self.send_response(304)
            self.end_headers()
        elif path == "/gone":
            self.send_error(404)
        elif path.startswith("/busy") or (path == "/waves" and self.tries[path] < 3):
            self.send_response(429)
            self.send_header("Retry-After", "7")
            self.end_headers()
        elif path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"only this")
        else:
            self.send_response(200)
            self.send_header("ETag", '"v1"')
            self.send_header("Set-Cookie", "secret=1")
            self.end_headers()
            self.wfile.write(b"data")

    def log_message(self, *arguments: object) -> None:
        """Tests stay quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    Publisher.tries, Publisher.seen = {}, []
    with HTTPServer(("127.0.0.1", 0), Publisher) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        with stamina.set_testing(True, attempts=4):
            yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def ask(server: str, archive: Archive, *urls: str, **options: object) -> tuple[list[Answer], list[float]]:
    slept: list[float] = []
    requests = [Request(url) for url in urls]
    source = Source("web", "Web", "https://example.org", "none", "daily", (VALUES,), lambda scope: requests, lambda payload: {}, published_on)
    http = Http(endpoints={"https://publisher.example": server, "https://www.sec.gov": server}, sleep=slept.append, timeout_seconds=5, **options)  # type: ignore[arg-type]
    return list(http.answers(source, Scope(WEDNESDAY), archive)), slept


def test_http_waits_out_a_busy_wave_and_then_has_the_data(server: str, tmp_path: Path) -> None:
    (answer,), slept = ask(server, Archive(tmp_path), "https://publisher.example/waves")
    assert (answer.status, answer.content, slept) == (200, b"data", [7.0, 7.0])


def test_http_gives_up_on_a_publisher_that_stays_busy(server: str, tmp_path: Path) -> None:
    (answer,), _ = ask(server, Archive(tmp_path), "https://publisher.example/busy")
    assert (answer.status, answer.content, answer.problem) == (429, None, "answered with status 429 after 4 attempts")


def test_http_leaves_a_host_alone_that_gave_nothing_twice(server: str, tmp_path: Path) -> None:
    answers, _ = ask(server, Archive(tmp_path), *(f"https://publisher.example/busy?{number}" for number in range(4)))
    assert [answer.problem for answer in answers[2:]] == ["not asked: publisher.example gave nothing at the 2 addresses before"] * 2
    assert sum(Publisher.tries.values()) == 8


def test_http_does_not_repeat_a_missing_page_and_pauses_between_addresses(server: str, tmp_path: Path) -> None:
    answers, slept = ask(server, Archive(tmp_path), "https://publisher.example/gone", "https://publisher.example/data")
    assert [answer.status for answer in answers] == [404, 200]
    assert (Publisher.tries["/gone"], slept) == (1, [1.0])


def test_http_treats_a_body_cut_off_in_transit_as_no_answer(server: str, tmp_path: Path) -> None:
    (answer,), _ = ask(server, Archive(tmp_path), "https://publisher.example/cut")
    assert (answer.content, answer.problem) == (None, "RemoteProtocolError after 4 attempts")


def test_http_asks_conditionally_once_an_answer_is_archived(server: str, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    answers, _ = ask(server, archive, "https://publisher.example/cached")
    (served,) = archive.keep("web", answers)
    assert "set-cookie" not in served.headers
    (answer,), _ = ask(server, archive, "https://publisher.example/cached")
    assert (answer.status, answer.content, answer.problem) == (304, None, "")


def test_http_asks_the_sec_only_with_a_contact_and_says_what_to_set(server: str, tmp_path: Path) -> None:
    (answer,), _ = ask(server, Archive(tmp_path), "https://www.sec.gov/filing")
    assert (answer.content, "SEC_CONTACT" in answer.problem, Publisher.tries) == (None, True, {})
    (answer,), _ = ask(server, Archive(tmp_path), "https://www.sec.gov/filing", sec_contact="Jo jo@example.org")
    assert (answer.content, Publisher.seen[-1]["user-agent"].endswith("Jo jo@example.org")) == (b"data", True)


def test_http_says_that_a_file_saved_by_hand_has_no_address(server: str, tmp_path: Path) -> None:
    (answer,), _ = ask(server, Archive(tmp_path), "manual://vanguard/VTI/holdings")
    assert "save the file by hand" in answer.problem
