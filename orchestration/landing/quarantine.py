"""What did not get in, and why: whole payloads, and single rows of payloads that did.

quarantine/<source>/<bytes-address>/<file name>      the payload, byte for byte
quarantine/<source>/<bytes-address>/reason.json      publisher, address, when, and one sentence a reason
quarantine/<source>/<bytes-address>/rejected.csv     single lines that could not be read (alone where the payload is in)
"""

import hashlib
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from orchestration.landing import files
from orchestration.landing.archive import Served
from orchestration.sources.contract import Source


class Quarantine:
    """The quarantine of one data home."""

    def __init__(self, home: Path) -> None:
        self.root = home / "quarantine"

    def folder(self, source: Source, served: Served) -> Path:
        # The same bytes (a rate-limit sentence) may have come from several addresses.
        return self.root / source.name / f"{served.sha256[:16]}-{hashlib.sha256(served.url.encode()).hexdigest()[:8]}"

    def put(self, source: Source, served: Served, content: bytes, reasons: Sequence[str]) -> Path:
        """Keep a whole payload with its reasons; return the folder."""
        folder = self.folder(source, served)
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", served.request.file_name) or "payload"
        if not (folder / name).exists():
            files.write_bytes(folder / name, content)
        reason = {
            "publisher": source.publisher,
            "source": source.name,
            "address": served.url,
            "subject": served.subject,
            "fetched_at": served.fetched_at,
            "reasons": list(reasons),
        }
        files.write_json(folder / "reason.json", reason)
        return folder

    def put_rows(self, source: Source, served: Served, rejected: Mapping[str, pd.DataFrame]) -> None:
        """Keep the lines of a payload that could not be read, by the table they were for."""
        if rejected:
            lines = pd.concat([rows.assign(table=table) for table, rows in rejected.items()])
            files.write_bytes(self.folder(source, served) / "rejected.csv", lines.to_csv(index=False).encode())

    def release(self, source: Source, served: Served) -> None:
        """A payload that was accepted after all leaves the quarantine."""
        shutil.rmtree(self.folder(source, served), ignore_errors=True)
