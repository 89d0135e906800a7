"""Tries to sign in; every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from bot.store.schema import sign_in_try


def add(db: Connection, keys: Sequence[str], at: datetime) -> None:
    """Keep one try, a row for each of its keys."""
    db.execute(insert(sign_in_try), [{"key": key, "at": at} for key in keys])


def newest(db: Connection, key: str, limit: int) -> list[datetime]:
    """Return when the last tries with this key were, newest first."""
    query = select(sign_in_try.c.at).where(sign_in_try.c.key == key).order_by(sign_in_try.c.id.desc()).limit(limit)
    return list(db.execute(query).scalars())


def forget(db: Connection, key: str) -> None:
    """Delete every try with this key."""
    db.execute(sign_in_try.delete().where(sign_in_try.c.key == key))


def forget_newest(db: Connection, key: str) -> None:
    """Delete the last try with this key."""
    last = select(sign_in_try.c.id).where(sign_in_try.c.key == key).order_by(sign_in_try.c.id.desc()).limit(1)
    db.execute(sign_in_try.delete().where(sign_in_try.c.id == last.scalar_subquery()))


def forget_until(db: Connection, at: datetime) -> None:
    """Delete the tries up to a moment."""
    db.execute(sign_in_try.delete().where(sign_in_try.c.at <= at))
