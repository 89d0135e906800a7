"""Read what volunteers do in their team's group, and do it at the desk; nothing here is a citizen's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from telegram import ChatMember, Message, Update
from telegram.constants import ChatType

from bot.channels.telegram.receive import file_of, kind_of
from bot.desk import words
from bot.desk.bench import Done
from bot.desk.desk import Desk
from bot.desk.volunteers import Volunteers
from bot.errors import RepeatedUpdate
from bot.messages import Button, Kind
from bot.store.teams import Volunteer
from bot.store.tickets import Ticket

# How bot.desk.bench names a topic.
_OF_TICKET = re.compile(r"#(\d{1,9})\b")
_GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
_GONE = (ChatMember.LEFT, ChatMember.BANNED)
# Blocking is for abuse; a day is enough to calm down, and a lead can lift it.
_BLOCK_DAYS = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say back in the group: under the message, or as the little note of a tapped button."""

    text: str
    buttons: tuple[Button, ...] = ()
    note_only: bool = False
    """Only for the one who tapped; nobody else needs to read it."""


def concerns_team(update: Update) -> bool:
    """Tell whether an update comes from a group, or is about who is in one."""
    chat = update.effective_chat
    return chat is not None and chat.type in _GROUPS


class TeamRoom:
    """The desk as a Telegram group with one topic a ticket."""

    def __init__(self, desk: Desk, bot_user: str) -> None:
        """bot_user: the bot's own account."""
        self._desk = desk
        self._bot_user = bot_user

    def receive(self, update: Update) -> Answer | None:
        """Do what an update asks for, once; return what to say back, or None."""
        now = datetime.now(UTC)
        volunteers = self._desk.volunteers.once("telegram", str(update.update_id))
        try:
            return self._receive(update, volunteers, now)
        except RepeatedUpdate:
            return None

    def _receive(self, update: Update, volunteers: Volunteers, now: datetime) -> Answer | None:
        if update.chat_member is not None:
            self._changed(update, volunteers, now)
            return None
        if update.callback_query is not None:
            return self._tapped(update, volunteers, now)
        message = update.message or update.edited_message
        if message and message.forum_topic_created:
            self._topic_made(message)
            return None
        return self._said(message, volunteers, now, edited=update.edited_message is not None) if message else None

    def _topic_made(self, message: Message) -> None:
        """Telegram tells the bot of each topic that it makes itself, also when the answer to that call was lost."""
        made, maker = message.forum_topic_created, message.from_user
        number = _OF_TICKET.match(made.name) if made else None
        if number and maker and str(maker.id) == self._bot_user:
            self._desk.adopt_topic(int(number[1]), str(message.chat.id), str(message.message_thread_id))

    def invited(self, token: str, telegram_user: str) -> str:
        """Let somebody in who opened an invitation in a private chat; return what to say."""
        now = datetime.now(UTC)
        who = self._desk.accounts.accept_with_telegram(token, telegram_user, now)
        if who is None:
            return words.BAD_INVITATION
        return words.WELCOME.format(name=who.name, role=words.ROLES[who.role])

    def duty(self, telegram_user: str, on: bool) -> str | None:
        """Go on or off duty by a command in a private chat; None for somebody who is no volunteer."""
        who = self._desk.accounts.by_telegram(telegram_user)
        return self._desk.volunteers.duty(who, on).text if who else None

    def _changed(self, update: Update, volunteers: Volunteers, now: datetime) -> None:
        """Leaving the group ends the rights at once."""
        change = update.chat_member
        assert change is not None
        team = self._desk.accounts.team_of_chat(str(change.chat.id))
        who = self._desk.accounts.by_telegram(str(change.new_chat_member.user.id))
        if team and who and who.team_id == team.id and change.new_chat_member.status in _GONE:
            volunteers.leave(who.id, now)

    def _tapped(self, update: Update, volunteers: Volunteers, now: datetime) -> Answer | None:
        query = update.callback_query
        assert query is not None
        who = self._desk.accounts.by_telegram(str(query.from_user.id))
        if who is None:
            return Answer(words.NO_RIGHTS, note_only=True)
        verb, _, rest = (query.data or "").removeprefix("d:").partition(":")
        number, _, more = rest.partition(":")
        if not number.isdecimal():
            return Answer(words.NO_TICKET, note_only=True)
        return self._do(volunteers, verb, int(number), more, who, now)

    def _do(self, volunteers: Volunteers, verb: str, number: int, more: str, who: Volunteer, now: datetime) -> Answer:
        """Do what a button says; number is a ticket, for drafts and suggestions a relayed message."""
        if verb == "close" and not more:
            reasons = tuple(Button(text, f"d:close:{number}:{code}") for code, text in words.CLOSE_REASONS.items())
            return Answer(words.WHY_CLOSE, reasons)
        if verb == "transfer" and not more:
            return Answer(words.WHERE_TO, self._targets(number, who))
        if verb == "edit":
            return Answer(words.DRAFT_HOW, note_only=True)
        if verb == "transfer":
            kind, target = more[:1], more[1:]
            to = int(target) if target.isdecimal() else None
            done = volunteers.transfer(
                number, who, words.BY_TAP, now, team_id=to if kind == "t" else None, volunteer_id=to if kind == "v" else None
            )  # fmt: skip
            return _told(done)
        actions = {
            "claim": lambda: volunteers.claim(number, who, now),
            "return": lambda: volunteers.give_back(number, who, now),
            "close": lambda: volunteers.close(number, who, more, now),
            "block": lambda: volunteers.block(number, who, _BLOCK_DAYS, now),
            "send": lambda: volunteers.use_draft(number, who, now),
            "phone": lambda: volunteers.show_phone(number, who, now),
            "new": lambda: volunteers.drop_draft(number, who),
            "keep": lambda: volunteers.suggest(number, who, now),
        }
        return _told(actions[verb]()) if verb in actions else Answer(words.NO_TICKET, note_only=True)

    def _targets(self, number: int, who: Volunteer) -> tuple[Button, ...]:
        people, groups = self._desk.targets(number, who)
        return (
            *(Button(person.name, f"d:transfer:{number}:v{person.id}") for person in people),
            *(Button(team.name, f"d:transfer:{number}:t{team.id}") for team in groups),
        )

    def _said(self, message: Message, volunteers: Volunteers, now: datetime, *, edited: bool) -> Answer | None:
        chat, text = str(message.chat.id), message.text or message.caption or ""
        kind = kind_of(message)
        if kind is None or message.from_user is None or message.from_user.is_bot:
            return None
        if text.startswith("/") and not text.startswith("//"):
            return self._command(message, volunteers, text, now)
        team = self._desk.accounts.team_of_chat(chat)
        if team is None or not message.is_topic_message:
            return None
        who = self._desk.accounts.by_telegram(str(message.from_user.id))
        if who is None or not who.may_serve(team.id):
            return Answer(words.NO_RIGHTS)
        ticket = self._desk.of_topic(chat, str(message.message_thread_id))
        if ticket is None:
            return Answer(words.UNKNOWN_TOPIC)
        if ticket.team_id != team.id:
            return Answer(words.NOT_YOURS)
        if text.startswith("//"):
            done = volunteers.note(ticket.id, who, text[2:].strip(), now)
        elif edited:
            done = volunteers.correct(ticket.id, who, str(message.message_id), text, now)
        else:
            done = self._answer(message, volunteers, ticket, who, kind, text, now)
        # What worked is told by a reaction when it has arrived, so that the group's few messages a minute last.
        return None if done.ok else Answer(done.text)

    def _answer(
        self, message: Message, volunteers: Volunteers, ticket: Ticket, who: Volunteer, kind: Kind, text: str, now: datetime
    ) -> Done:  # fmt: skip
        replied = message.reply_to_message
        # In a topic every message "replies" to the one that opened it.
        to = replied.message_id if replied and replied.message_id != message.message_thread_id else None
        relay = self._desk.relayed(ticket.id, str(to)) if to else None
        media = None if kind is Kind.TEXT else (kind.value, str(message.chat.id), str(message.message_id))
        draft_of = relay.id if relay and relay.draft_label == "offered" and kind is Kind.TEXT else None
        return volunteers.answer(
            ticket.id, who, text, now, reply_to=relay.id if relay else None, group_message=str(message.message_id),
            media=media, file=file_of(message), draft_of=draft_of,
        )  # fmt: skip

    def _command(self, message: Message, volunteers: Volunteers, text: str, now: datetime) -> Answer | None:
        name, _, argument = text[1:].partition(" ")
        name = name.split("@")[0].lower()
        chat, accounts = str(message.chat.id), self._desk.accounts
        assert message.from_user is not None
        who = accounts.by_telegram(str(message.from_user.id))
        if who is None:
            return None
        if name == "gan":
            return Answer(self._link(message, who, argument.strip()))
        if name in ("truc", "nghi"):
            return Answer(volunteers.duty(who, name == "truc").text)
        ticket = self._desk.of_topic(chat, str(message.message_thread_id))
        if ticket and name == "sdt":
            return Answer(volunteers.show_phone(ticket.id, who, now).text)
        if ticket and name == "kho" and message.reply_to_message:
            relay = self._desk.relayed(ticket.id, str(message.reply_to_message.message_id))
            return Answer(volunteers.suggest(relay.id, who, now).text if relay else words.NO_TICKET)
        return Answer(words.COMMANDS)

    def _link(self, message: Message, who: Volunteer, number: str) -> str:
        """Tie this group to the lead's team, or to the one that an administrator names."""
        if not who.leads:
            return words.ONLY_LEADS
        if not message.chat.is_forum:
            return words.GROUP_NOT_FORUM
        team_id = who.team_id or (int(number) if number.isdecimal() else 0)
        team = self._desk.accounts.link_group(team_id, str(message.chat.id))
        return words.GROUP_LINKED.format(team=team.name) if team else words.GROUP_HOW


def _told(done: Done, *, note_only: bool = True) -> Answer:
    return Answer(done.text, note_only=note_only)
