"""A target of alerts on the loopback: keeps what it is sent, and answers with the status it is told to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Webhook:
    """`messages`: what was taken; `tries`: how many were posted; `status`: what is answered; `hold`: when set, no answer comes."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.tries = 0
        self.status = 200
        self.hold: threading.Event | None = None
        self.port = 0

    def url(self, path: str = "") -> str:
        """The address, as Apprise writes it."""
        return f"json://127.0.0.1:{self.port}/{path}"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.messages]


@contextmanager
def listening() -> Iterator[Webhook]:
    """A target that listens on a free port."""
    webhook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            webhook.tries += 1
            if webhook.hold is not None:
                webhook.hold.wait(30)
            elif webhook.status == 200:
                webhook.messages.append(message)
            self.send_response(webhook.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        webhook.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield webhook
        finally:
            if webhook.hold is not None:
                webhook.hold.set()
            server.shutdown()
