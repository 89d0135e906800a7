"""Fill the variables of canned replies, and find the ones that do not exist."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import Connection

from bot.desk.bench import Bench, moment
from bot.store import teams
from bot.store.teams import Volunteer
from bot.store.tickets import Ticket

# Each variable with what stands for it in a preview.
VARIABLES = {
    "ten_to": "Tổ công nghệ số thôn Đông",
    "so_yeu_cau": "12",
    "viec": "Đăng ký khai sinh",
    "tinh_nguyen_vien": "chị Hoa",
    "gio_mo_lai": "7 giờ 30 thứ Hai 30/11",
}
_NO_GUIDE, _NO_TEAM, _NO_OPENING = "việc mình hỏi", "tổ hỗ trợ", "khi tổ làm việc lại"
_BRACES = re.compile(r"\{([^{}]*)\}")


def unknown_variables(text: str) -> list[str]:
    """Return the names in braces that stand for nothing, in order; empty when the text can be used."""
    return [name for name in dict.fromkeys(_BRACES.findall(text)) if name not in VARIABLES]


def fill(text: str, values: dict[str, str]) -> str:
    """Return the text with its variables replaced; what is no variable stays as it is."""
    return _BRACES.sub(lambda match: values.get(match.group(1), match.group()), text)


def values_for(db: Connection, bench: Bench, ticket: Ticket, who: Volunteer, now: datetime) -> dict[str, str]:
    """Return what the variables stand for when this person answers this ticket."""
    team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
    opening = bench.hours_of(team).next_opening(now)
    return {
        "ten_to": team.name if team else _NO_TEAM,
        "so_yeu_cau": str(ticket.id),
        "viec": bench.title_of(ticket.guide) or _NO_GUIDE,
        "tinh_nguyen_vien": who.name,
        "gio_mo_lai": moment(opening) if opening else _NO_OPENING,
    }
