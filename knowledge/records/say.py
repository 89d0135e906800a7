"""Word an imported record: its own texts and nothing else, cut where they grow long, under the label that it is not reviewed.

Publishers run tables together: "Trực tiếp7 Ngày làm việcMiễn phí". Line breaks are put where two cells surely met and the
table's headings are dropped; no letter or digit of a cell is ever added, changed or read as a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from knowledge.answer import ASPECT_LABELS, MAX_CHARACTERS, Answer, day
from knowledge.guide import Aspect
from knowledge.records.record import Record

LABELS = {**ASPECT_LABELS, Aspect.ONLINE: "Cách nộp", Aspect.LEGAL_BASIS: "Căn cứ"}
# Which texts of a record tell about an aspect, with what is written before each.
_PARTS = {
    Aspect.STEPS: (("", "steps"),),
    Aspect.PAPERS: (("", "papers"), ("Mẫu đơn, tờ khai: ", "forms")),
    Aspect.ONLINE: (("", "methods"), ("Thời hạn: ", "time_limit"), ("Phí, lệ phí: ", "fee")),
    Aspect.FEE: (("", "fee"),),
    Aspect.TIME_LIMIT: (("", "time_limit"),),
    Aspect.WHERE: (("Cơ quan thực hiện: ", "agency"), ("Nơi nhận hồ sơ: ", "address")),
    Aspect.CONDITIONS: (("Ai làm được: ", "subjects"), ("", "conditions")),
    Aspect.RESULT: (("", "result"),),
    Aspect.LEGAL_BASIS: (("", "legal_basis"), ("Quyết định công bố: ", "decision")),
    Aspect.OVERVIEW: (
        ("Giấy tờ cần chuẩn bị (thành phần hồ sơ): ", "papers"), ("Cách nộp: ", "methods"), ("Thời hạn: ", "time_limit"),
        ("Phí, lệ phí: ", "fee"), ("Làm ở đâu: ", "agency"),
    ),
}  # fmt: skip
# Time and money stand among the ways of filing where the publisher gives them no place of their own.
_AMONG_METHODS = (Aspect.FEE, Aspect.TIME_LIMIT)
_BUTTONS = (Aspect.STEPS, Aspect.PAPERS, Aspect.ONLINE, Aspect.LEGAL_BASIS)
_MISSING = "Bản công bố không ghi mục này."
_MORE = "Xem đủ ở trang của thủ tục (địa chỉ bên dưới)."
_MORE_NOWHERE = "Bản công bố còn dài. Xem đủ trên Cổng Dịch vụ công quốc gia, tìm theo mã {code}."
# A sentence is cut no earlier than after this share of the room.
_LEAST = 0.4


def say(record: Record, aspect: Aspect) -> Answer:
    """Return what the record says of one aspect, its label and its source; known is False when it says nothing of it."""
    aspect = aspect if aspect in _PARTS else Aspect.OVERVIEW
    parts = _parts(record, aspect)
    if not parts and aspect in _AMONG_METHODS:
        parts = _parts(record, Aspect.ONLINE)
    end = f"{label(record)}\n{source(record)}"
    room = (MAX_CHARACTERS - len(end)) // max(1, len(parts))
    shown = [(head, text, _cut(text, room)) for head, text in parts]
    lines = [f"{head}{short}" for head, _, short in shown] or [_MISSING]
    if any(short != text for _, text, short in shown):
        lines.append(_MORE if record.detail_url else _MORE_NOWHERE.format(code=record.code))
    return Answer("\n".join([*lines, end]), known=bool(parts))


def label(record: Record) -> str:
    """Return the line that tells how far the record may be trusted."""
    return f"⚠ Theo bản công bố ngày {day(record.published_on)}, chưa được địa phương rà soát."


def source(record: Record) -> str:
    """Return where the record comes from."""
    site = urlsplit(record.detail_url).hostname or "danh mục thủ tục hành chính"
    return f"Nguồn: {site}, mã thủ tục {record.code}" + (f"\n{record.detail_url}" if record.detail_url else "")


def aspects_of(record: Record) -> list[Aspect]:
    """Return the aspects that get a button: those the record has texts on."""
    return [aspect for aspect in _BUTTONS if _parts(record, aspect)]


def _parts(record: Record, aspect: Aspect) -> list[tuple[str, str]]:
    found = [(head, _lay_out(name, getattr(record, name))) for head, name in _PARTS[aspect]]
    # What is a list starts on a line of its own.
    return [(f"{head.strip()}\n" if head and text.startswith("• ") else head, text) for head, text in found if text]


def _cut(text: str, room: int) -> str:
    """The beginning of text that fits, up to the end of a line, else of a sentence, else of a word."""
    if len(text) <= room:
        return text
    head = text[:room]
    ends = (head.rfind("\n"), max(head.rfind(". "), head.rfind("; ")) + 1, head.rfind(" "))
    end = next((end for end in ends if end >= _LEAST * room), room)
    return f"{head[:end].rstrip()} …"


def _methods(text: str) -> str:
    text = text.replace("Hình thức nộpThời gianPhí, lệ phíMô tả", "")
    text = re.sub(
        r"\s*(Trực tiếp|Trực tuyến|Dịch vụ bưu chính)(?=\d|Không có thông tin|Không quy định)", r"\n• \1: ", text
    )
    return re.sub(
        r"(?<=: )(\d+ (?:Ngày làm việc|Ngày|Giờ|Phút|Tháng|Năm)|Không có thông tin|Không quy định)(?=[^\s.,;:])",
        r"\1; ",
        text,
    )


def _papers(text: str) -> str:
    text = re.sub(r"(?:--)?Tên giấy tờMẫu đơn, tờ khaiSố lượng", "\n", text)
    # After a digit nobody can tell where the name ends and the number of copies begins.
    text = re.sub(r"(?<=[^\s\d.,])(?=\d+ bản (?:chính|sao))", ": ", text)
    return re.sub(r"(\d+ bản (?:chính|sao))(?=[^\s.,;:)])", r"\1\n", text)


def _laws(text: str) -> str:
    text = text.replace("Tên văn bản pháp lýMã văn bản", "")
    # Not after a capital: in "QH1354/2014" nobody can tell which digits are whose.
    text = re.sub(r"(?<=[^\W\d_A-ZĐ])(?=\d+/\d{4}/)", " · ", text)
    return re.sub(r"(/(?:QH\d\d|NĐ-CP|QĐ-TTg))(?=[A-ZĐ])", r"\1\n", text)


def _result(text: str) -> str:
    # Below the result the publisher's page has codes and a form; they are none of the result.
    return re.split(r"Mã: ?KQ|Từ khóa|Chọn cơ quan thực hiện", text)[0]


_LAY_OUT: dict[str, Callable[[str], str]] = {
    "methods": _methods, "papers": _papers, "legal_basis": _laws, "result": _result,
}  # fmt: skip


def _lay_out(name: str, text: str) -> str:
    laid = _LAY_OUT[name](text) if name in _LAY_OUT else text
    lines = [line.strip() for line in laid.splitlines() if line.strip()]
    if name in ("papers", "legal_basis") and len(lines) > 1:
        lines = [f"• {line.lstrip('-+• ')}" for line in lines]
    return "\n".join(lines)
