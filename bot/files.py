"""Files that people sent: they stay with the channel, we keep what it takes to fetch them and never their bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

# Largest file that is fetched. Source: Bot API, getFile (read 25 Nov 2026).
MAX_FILE_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. Its name is left out: people's names and numbers stand in there."""

    id: str
    """The channel's own."""
    type: str
    """MIME type as the sender's app told it, empty where it did not; not to be trusted."""
    size_bytes: int = 0
    """0: not known."""
    small: str = ""
    """Id of a small JPEG of it, empty where there is none."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file, or a part of one, on its way. close: to be awaited in the end, also when the body was not read."""

    body: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]
    length: str = ""
    """How many bytes come, empty where that is not known."""
    part: str = ""
    """Which part comes, as HTTP's Content-Range says it; empty: the whole."""


class Files(Protocol):
    """Where the files are."""

    async def fetch(self, file_id: str, part: str) -> Fetched:
        """Begin to fetch a file. part: as HTTP's Range says it, empty: the whole. Raises FileUnavailable."""
