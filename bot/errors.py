"""The errors that cross module borders.

BotError
├── SettingError       a setting is missing or wrong; stops the start
├── DeliveryError      a channel did not take our message
├── BadBody            a request body too large or not JSON
├── FileUnavailable    a file that somebody sent cannot be had
├── ClaimLost          a turn took so long that another process may be answering
├── RepeatedUpdate     an update of the teams' side that has taken effect before
├── HoursError         working hours that cannot be read
├── AccountError       an invitation, sign-in or team command that cannot be carried out
└── RasaUnavailable    the Rasa process cannot be set up or started; answers go on by retrieval
knowledge.library.LibraryError and knowledge.index.IndexBroken stand with what they describe.
"""

from __future__ import annotations

from typing import Literal


class BotError(Exception):
    """Something the caller may act on."""


class SettingError(BotError):
    """A setting is missing or wrong; the text names it and the values allowed."""


class DeliveryError(BotError):
    """A channel did not take our message.

    permanent: sending it again cannot help. retry_after_s: the channel asked us to wait this long.
    unclear: the message may have arrived although the answer was lost.
    """

    def __init__(
        self, reason: str, *, permanent: bool = False, retry_after_s: float | None = None, unclear: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        self.unclear = unclear


class BadBody(BotError):
    """A request body that cannot be read; status is what HTTP calls it, the text is for people."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class FileUnavailable(BotError):
    """A file that somebody sent cannot be had; reason: gone (for good), too_big, or away (the channel, for now)."""

    def __init__(self, reason: Literal["gone", "too_big", "away"]) -> None:
        super().__init__(reason)
        self.reason = reason


class ClaimLost(BotError):
    """A turn took so long that another process may be answering the same messages; nothing of it was kept."""


class RepeatedUpdate(BotError):
    """An update of the teams' side that has taken effect before; nothing is to be done."""


class HoursError(BotError):
    """Working hours that cannot be read; the text shows the wrong part and a right example."""


class AccountError(BotError):
    """An invitation, sign-in or team command that cannot be carried out; the text says why and what to do."""


class RasaUnavailable(BotError):
    """Rasa cannot be set up or started; the text says what to do."""
