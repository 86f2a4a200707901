"""A ZIP archive whose bytes follow from its members alone: stored, one fixed time, one fixed platform. No format of what is inside.

Nothing is deflated, because the output of deflation differs from one zlib to the next.
"""

import io
import zipfile
from collections.abc import Mapping

EARLIEST = (1980, 1, 1, 0, 0, 0)
UNIX = 3
READ_AND_WRITE = 0o600 << 16


def stored(members: Mapping[str, bytes]) -> bytes:
    """An archive of these members, by name, in this order."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system = UNIX  # the platform must not show
            entry.external_attr = READ_AND_WRITE
            packed.writestr(entry, content)
    return archive.getvalue()
