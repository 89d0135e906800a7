"""Sentences that begin with somebody's name, which stands in the database as people say it: "chị Hoa"."""

from __future__ import annotations

import re

_FIRST_LETTER = re.compile(r"^([\W_]*)(\w)")


class Sentence(str):
    """A text whose first letter is a capital once its fields are filled in: "Chị Hoa đã nhận"."""

    __slots__ = ()

    def format(self, *fields: object, **named: object) -> str:
        """Fill in the fields; signs and pictures before the first letter stay."""
        return _FIRST_LETTER.sub(lambda found: found[1] + found[2].upper(), super().format(*fields, **named), count=1)
