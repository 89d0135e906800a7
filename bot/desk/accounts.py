"""Who works at the desk: teams, invitations, passwords, sessions. No account exists until somebody makes one."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy.exc import IntegrityError

from bot.desk.hours import Hours
from bot.errors import AccountError
from bot.store import teams
from bot.store.database import Database
from bot.store.teams import Level, Role, Team, Volunteer

INVITATION_LASTS = timedelta(days=7)
SESSION_LASTS = timedelta(days=14)
MIN_PASSWORD, MAX_PASSWORD = 10, 200
MAX_NAME, MAX_TEAM_NAME, MAX_CAPACITY = 60, 120, 20
_LOGIN = re.compile(r"^[a-z0-9._-]{3,40}$")


class Accounts:
    """Makes and checks accounts. Only hashes of tokens are kept, so nobody can sign in with a copy of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hasher = PasswordHasher()

    def add_team(
        self, name: str, level: Level, now: datetime, *, commune: str | None = None, province: str | None = None
    ) -> Team:  # fmt: skip
        """Keep a new team; raise AccountError when the name is taken."""
        name = name.strip()
        if not 3 <= len(name) <= MAX_TEAM_NAME:
            raise AccountError(f"tên tổ: từ 3 đến {MAX_TEAM_NAME} chữ")
        try:
            with self._database.begin() as db:
                number = teams.add_team(db, now, name=name, level=level, commune=commune, province=province)
                team = teams.team_by(db, id=number)
        except IntegrityError as exc:
            raise AccountError(f"tổ {name!r} đã có; đặt tên khác") from exc
        assert team is not None
        return team

    def invite(
        self, name: str, role: Role, now: datetime, team_id: int | None = None, lasts: timedelta = INVITATION_LASTS
    ) -> tuple[Volunteer, str]:
        """Keep a new person without rights to sign in yet, and return the person and the secret of the invitation."""
        name = name.strip()
        if not 1 <= len(name) <= MAX_NAME:
            raise AccountError(f"tên: từ 1 đến {MAX_NAME} chữ, như người dân sẽ đọc: chị Hoa")
        if role != "admin" and team_id is None:
            raise AccountError("tình nguyện viên và trưởng nhóm phải thuộc một tổ; chọn tổ (--team)")
        with self._database.begin() as db:
            if team_id is not None and teams.team_by(db, id=team_id) is None:
                raise AccountError(f"không có tổ số {team_id}; xem: tro-ly admin teams")
            number = teams.add_volunteer(db, now, name=name, role=role, team_id=team_id)
            who = teams.volunteer_by(db, id=number)
        assert who is not None
        return who, self.invite_again(number, now, lasts)

    def invite_again(self, volunteer_id: int, now: datetime, lasts: timedelta = INVITATION_LASTS) -> str:
        """Return a new invitation for a person, for a lost password or another phone; earlier ones end."""
        token = secrets.token_urlsafe(24)
        with self._database.begin() as db:
            who = teams.volunteer_by(db, id=volunteer_id)
            if who is None or who.left_at is not None:
                raise AccountError(f"không có người số {volunteer_id}; xem: tro-ly admin people")
            teams.add_invitation(db, _hash(token), volunteer_id, now + lasts)
        return token

    def invited(self, token: str, now: datetime) -> Volunteer | None:
        """Return whom a valid invitation is for, or None."""
        with self._database.begin() as db:
            return teams.invited(db, _hash(token), now)

    def accept_with_telegram(self, token: str, telegram_user: str, now: datetime) -> Volunteer | None:
        """Tie a Telegram account to the invited person; None when the invitation is not valid."""
        with self._database.begin() as db:
            who = teams.invited(db, _hash(token), now)
            if who is None or not teams.use_invitation(db, _hash(token), now):
                return None
            other = teams.volunteer_by(db, telegram_user=telegram_user)
            if other is not None and other.id != who.id:
                # One account a person: the newer invitation says which it is.
                teams.change_volunteer(db, other.id, telegram_user=None)
            teams.change_volunteer(db, who.id, telegram_user=telegram_user)
            return teams.volunteer_by(db, id=who.id)

    def accept_with_password(self, token: str, login: str, password: str, now: datetime) -> Volunteer:
        """Give the invited person a name and a password to sign in with; raise AccountError saying what is wrong."""
        login = login.strip().lower()
        if not _LOGIN.match(login):
            raise AccountError("tên đăng nhập: 3 đến 40 chữ thường không dấu, số, dấu chấm hoặc gạch")
        hashed = self._hash_password(login, password)
        try:
            with self._database.begin() as db:
                who = teams.invited(db, _hash(token), now)
                if who is None or not teams.use_invitation(db, _hash(token), now):
                    raise AccountError("lời mời không đúng, đã dùng hoặc đã hết hạn; nhờ quản trị viên mời lại")
                teams.change_volunteer(db, who.id, login=login, password_hash=hashed)
                teams.end_sessions_of(db, who.id)
                changed = teams.volunteer_by(db, id=who.id)
        except IntegrityError as exc:
            raise AccountError(f"tên đăng nhập {login!r} đã có người dùng; chọn tên khác") from exc
        assert changed is not None
        return changed

    def change_password(self, who: Volunteer, old: str, new: str, now: datetime) -> str:
        """Set another password, end every sign-in, and return the secret of a new one; raise AccountError when refused."""
        try:
            self._hasher.verify(who.password_hash or self._nobody(), old)
        except Argon2Error as exc:
            raise AccountError("mật khẩu cũ chưa đúng") from exc
        hashed = self._hash_password(who.login or "", new)
        with self._database.begin() as db:
            teams.change_volunteer(db, who.id, password_hash=hashed)
            teams.end_sessions_of(db, who.id)
        return self.start_session(who.id, now)

    def change_person(self, volunteer_id: int, **values: Any) -> None:
        """Set name, role, skills, capacity or hours on the roster; raise AccountError or HoursError for what cannot be."""
        if values.get("hours"):
            Hours.parse(values["hours"])
        name, capacity = values.get("name"), values.get("capacity")
        if name is not None and not 1 <= len(name) <= MAX_NAME:
            raise AccountError(f"tên: từ 1 đến {MAX_NAME} chữ, như người dân sẽ đọc: chị Hoa")
        if capacity is not None and not 1 <= capacity <= MAX_CAPACITY:
            raise AccountError(f"số yêu cầu giữ cùng lúc: từ 1 đến {MAX_CAPACITY}")
        with self._database.begin() as db:
            who = teams.volunteer_by(db, id=volunteer_id)
            if who is None or who.left_at is not None:
                raise AccountError(f"không có người số {volunteer_id}; xem: tro-ly admin people")
            if values.get("role", "admin") != "admin" and who.team_id is None:
                raise AccountError("người này không thuộc tổ nào, nên chỉ có thể là quản trị. Mời lại vào một tổ")
            teams.change_volunteer(db, volunteer_id, **values)

    def set_hours(self, team_id: int, text: str) -> None:
        """Set when a team works, empty for the setting's hours; raise HoursError or AccountError."""
        if text.strip():
            Hours.parse(text)
        with self._database.begin() as db:
            if teams.team_by(db, id=team_id) is None:
                raise AccountError(f"không có tổ số {team_id}; xem: tro-ly admin teams")
            teams.change_team(db, team_id, hours=text.strip())

    def sign_in(self, login: str, password: str, now: datetime) -> str | None:
        """Return the secret of a new session, or None when name or password is wrong."""
        with self._database.begin() as db:
            who = teams.volunteer_by(db, login=login.strip().lower())
        # Somebody who is not there takes as long as a wrong password, so that names cannot be found out.
        kept = who.password_hash if who and who.password_hash and who.left_at is None else self._nobody()
        try:
            self._hasher.verify(kept, password)
        except Argon2Error:
            return None
        assert who is not None
        return self.start_session(who.id, now)

    def start_session(self, volunteer_id: int, now: datetime) -> str:
        """Return the secret of a new session."""
        token = secrets.token_urlsafe(32)
        with self._database.begin() as db:
            teams.add_session(db, _hash(token), volunteer_id, now + SESSION_LASTS)
        return token

    def signed_in(self, token: str, now: datetime) -> Volunteer | None:
        """Return who holds a session, or None."""
        if not token:
            return None
        with self._database.begin() as db:
            return teams.signed_in(db, _hash(token), now)

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._database.begin() as db:
            teams.end_session(db, _hash(token))

    def by_telegram(self, telegram_user: str) -> Volunteer | None:
        """Return the person with this Telegram account who has not left, or None."""
        with self._database.begin() as db:
            who = teams.volunteer_by(db, telegram_user=telegram_user)
        return who if who and who.left_at is None else None

    def team_of_chat(self, chat: str) -> Team | None:
        """Return the team whose group this is, or None."""
        with self._database.begin() as db:
            return teams.team_by(db, telegram_chat=chat)

    def link_group(self, team_id: int, chat: str) -> Team | None:
        """Tie a Telegram group to a team, and to no other; None for an unknown team."""
        with self._database.begin() as db:
            if teams.team_by(db, id=team_id) is None:
                return None
            other = teams.team_by(db, telegram_chat=chat)
            if other is not None and other.id != team_id:
                teams.change_team(db, other.id, telegram_chat=None)
            teams.change_team(db, team_id, telegram_chat=chat)
            return teams.team_by(db, id=team_id)

    def _hash_password(self, login: str, password: str) -> str:
        if len(password) < MIN_PASSWORD:
            raise AccountError(f"mật khẩu: ít nhất {MIN_PASSWORD} ký tự. Một câu dễ nhớ là tốt nhất")
        if len(password) > MAX_PASSWORD:
            raise AccountError(f"mật khẩu: nhiều nhất {MAX_PASSWORD} ký tự")
        if login and login in password.lower():
            raise AccountError("mật khẩu: không được chứa tên đăng nhập")
        return self._hasher.hash(password)

    def _nobody(self) -> str:
        if not hasattr(self, "_dummy"):
            self._dummy = self._hasher.hash(secrets.token_urlsafe(16))
        return self._dummy


def _hash(token: str) -> str:
    # Tokens are random and long, so a plain hash is enough; passwords get argon2.
    return hashlib.sha256(token.encode()).hexdigest()
