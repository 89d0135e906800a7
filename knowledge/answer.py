"""Word a guide's facts for a citizen: one aspect at a time, short, with numbers only from entries valid on the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.guide import Aspect, Fee, Guide, Hotline, TimeLimit
from knowledge.workdays import due

# Longest text before the rest goes behind a button, and most bullets in one message. Source: docs/giong-noi.md.
MAX_CHARACTERS = 900
MAX_BULLETS = 5

ASPECT_LABELS = {
    Aspect.STEPS: "Các bước",
    Aspect.PAPERS: "Giấy tờ",
    Aspect.FEE: "Lệ phí",
    Aspect.TIME_LIMIT: "Thời hạn",
    Aspect.WHERE: "Nộp ở đâu",
    Aspect.PROBLEM: "Lỗi hay gặp",
    Aspect.CONDITIONS: "Điều kiện",
    Aspect.RESULT: "Kết quả",
    Aspect.LEGAL_BASIS: "Căn cứ pháp lý",
    Aspect.ONLINE: "Làm qua mạng",
    Aspect.OVERVIEW: "Tóm tắt",
}
WAY_LABELS = {"online": "qua mạng", "in_person": "trực tiếp", "post": "qua bưu điện", "any": ""}
_UNITS = {"minute": "phút", "hour": "giờ", "working_day": "ngày làm việc", "calendar_day": "ngày", "month": "tháng"}
_LEVELS = {
    "full": "Làm qua mạng từ đầu đến cuối (dịch vụ công toàn trình, trước gọi là mức độ 4).",
    "partial": "Nộp qua mạng được một phần (dịch vụ công một phần, trước gọi là mức độ 3). Có bước vẫn phải đến nơi.",
    "in_person": "Việc này phải đến làm trực tiếp.",
    "self_service": "Mình tự làm trên điện thoại hoặc máy tính, không phải đến cơ quan.",
    "info": "Đây là hiểu biết cần có, không phải hồ sơ phải nộp.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A worded answer; more tells that another page follows."""

    text: str
    known: bool = True
    """False when the guide has no verified fact for this aspect and the text says so."""
    more: bool = False


def say(guide: Guide, aspect: Aspect, today: date, page: int = 1, symptom: str = "") -> Answer:
    """Return what the guide says of one aspect on that day, page by page (1-based); sources stand at the end.

    symptom: of the guide's problems, the one the citizen has; it is told first.
    """
    if aspect is Aspect.OVERVIEW:
        return Answer(_close(guide, aspect, overview(guide, today), today))
    lines, intro = _ASPECTS[aspect](guide, today)
    if not lines:
        return Answer(_close(guide, aspect, intro, today), known=aspect is Aspect.PAPERS and guide.no_papers)
    if symptom:
        lines.sort(key=lambda line: not line.startswith(f"• {symptom} →"))
    pages = _pages(lines)
    page = max(1, min(page, len(pages)))
    head = f"{intro}\n" if page == 1 and intro else ""
    return Answer(_close(guide, aspect, head + "\n".join(pages[page - 1]), today), more=page < len(pages))


def overview(guide: Guide, today: date) -> str:
    """Return the short answer: what to do, then where, how long and how much."""
    lines = [guide.short]
    if guide.where:
        lines.append(f"• Làm ở đâu: {_place(guide.where[0].name, guide.where[0].path)}")
    if limit := next((t for t in guide.time_limits if _valid(t, today)), None):
        lines.append(f"• Bao lâu: {_time(limit)}")
    fees = [fee for fee in guide.fees if fee.valid_on(today)]
    if fees:
        lines.append(
            f"• Lệ phí: {_fee(guide, fees[0])}"
            + (f" (còn {len(fees) - 1} mức khác, bấm Lệ phí)" if len(fees) > 1 else "")
        )
    if guide.warnings:
        lines.append(f"⚠ {guide.warnings[0]}")
    return "\n".join(lines)


def steps(guide: Guide) -> list[str]:
    """Return the steps to walk through one by one: online if there are any, else in person, else by post."""
    return guide.steps.online or guide.steps.in_person or guide.steps.post


def aspects_of(guide: Guide) -> list[Aspect]:
    """Return the aspects this guide has something to say on, in the order in which people need them."""
    have = [
        (Aspect.STEPS, True),
        (Aspect.PAPERS, bool(guide.papers) or guide.no_papers),
        (Aspect.FEE, bool(guide.fees)),
        (Aspect.TIME_LIMIT, bool(guide.time_limits)),
        (Aspect.WHERE, bool(guide.where)),
        (Aspect.PROBLEM, bool(guide.problems)),
    ]
    return [aspect for aspect, there in have if there]


def money(amount: int) -> str:
    """Return an amount as people write it: 115000 -> '115.000 đồng'."""
    return f"{amount:,}".replace(",", ".") + " đồng"


def number(value: float) -> str:
    """Return a number as people write it: 2.5 -> '2,5'."""
    return f"{value:g}".replace(".", ",")


def day(value: date) -> str:
    """Return a date as people write it: 28/02/2027."""
    return f"{value:%d/%m/%Y}"


def _steps(guide: Guide, today: date) -> tuple[list[str], str]:
    ways = [("Qua mạng", guide.steps.online), ("Trực tiếp", guide.steps.in_person), ("Qua bưu điện", guide.steps.post)]
    ways = [(name, items) for name, items in ways if items]
    lines: list[str] = []
    for name, items in ways:
        if len(ways) > 1:
            lines.append(f"— {name}:")
        lines += [f"{n}. {item}" for n, item in enumerate(items, start=1)]
    return lines, ""


def _papers(guide: Guide, today: date) -> tuple[list[str], str]:
    if guide.no_papers:
        return [], "Không phải chuẩn bị giấy tờ gì để nộp."
    forms = {
        "original": "bản chính",
        "copy": "bản sao",
        "electronic": "bản điện tử",
        "show": "chỉ đưa ra xem",
        "any": "",
    }
    needed = [p for p in guide.papers if not p.waived]
    waived = [p for p in guide.papers if p.waived]
    lines = [f"• {p.name}{_brackets(forms[p.form], p.when)}" for p in needed]
    lines += [f"• Không cần nộp: {p.name}. {p.waived}" for p in waived]
    return (
        lines,
        "Giấy tờ cần chuẩn bị (thành phần hồ sơ):"
        if lines
        else "Em chưa có danh sách giấy tờ đã kiểm tra cho việc này. Mình xem trên hồ sơ khi nộp, hoặc gặp người hỗ trợ.",
    )


def _fees(guide: Guide, today: date) -> tuple[list[str], str]:
    lines = [f"• {_fee(guide, fee)}" for fee in guide.fees if fee.valid_on(today)]
    coming = [fee for fee in guide.fees if fee.valid_from and fee.valid_from > today]
    lines += [f"• Từ {day(fee.valid_from)}: {_fee(guide, fee)}" for fee in coming if fee.valid_from]
    if lines:
        return lines, ""
    if guide.fees:
        return [], "Mức thu em có đã hết hạn nên em không nói nữa. Mình xem số đúng trên hồ sơ khi nộp."
    return (
        [],
        "Em chưa có số tiền đã kiểm tra cho việc này. Mình xem số đúng trên hồ sơ khi nộp, hoặc gặp người hỗ trợ.",
    )


def _time_limits(guide: Guide, today: date) -> tuple[list[str], str]:
    limits = [limit for limit in guide.time_limits if _valid(limit, today)]
    lines = [
        f"• {limit.label + ': ' if len(limits) > 1 else ''}{_time(limit)}{_brackets(limit.legal_basis)}{_due(limit, today)}"
        for limit in limits
    ]
    return (
        lines,
        ""
        if lines
        else "Em chưa có thời hạn đã kiểm tra cho việc này. Ngày hẹn trả có ghi trên giấy hẹn hoặc trong hồ sơ trên Cổng.",
    )


def _where(guide: Guide, today: date) -> tuple[list[str], str]:
    lines = [f"• {_place(p.name, p.path)}{_brackets(WAY_LABELS[p.way])}" for p in guide.where]
    levels = (
        ("Xã/phường", guide.authority.commune),
        ("Tỉnh", guide.authority.province),
        ("Bộ", guide.authority.ministry),
    )
    lines += [f"• {name} giải quyết: {who}" if name != "Bộ" else f"• Cấp bộ: {who}" for name, who in levels if who]
    return lines, "" if lines else "Em chưa có nơi nộp đã kiểm tra. Mình hỏi Trung tâm Phục vụ hành chính công xã."


def _problems(guide: Guide, today: date) -> tuple[list[str], str]:
    lines = [f"• {p.symptom} → {p.fix}" for p in guide.problems]
    return (
        lines,
        ""
        if lines
        else "Em chưa có lỗi nào được ghi lại cho việc này. Mình kể rõ đang bị gì, hoặc bấm gặp người hỗ trợ.",
    )


def _conditions(guide: Guide, today: date) -> tuple[list[str], str]:
    lines = [f"• Ai làm được: {guide.audience}", *(f"• {condition}" for condition in guide.conditions)]
    return lines, ""


def _result(guide: Guide, today: date) -> tuple[list[str], str]:
    if guide.result:
        return [f"Làm xong mình nhận được: {guide.result}."], ""
    return [], "Em chưa có thông tin đã kiểm tra về kết quả của việc này."


def _legal_basis(guide: Guide, today: date) -> tuple[list[str], str]:
    lines = [f"• {law.name + ' ' if law.name else ''}{law.number}" for law in guide.legal_basis]
    return lines, "Căn cứ pháp lý:" if lines else "Em chưa có văn bản đã kiểm tra cho việc này."


def _online(guide: Guide, today: date) -> tuple[list[str], str]:
    lines = [_LEVELS[guide.level]]
    lines += [f"• {_place(p.name, p.path)}" for p in guide.where if p.way in ("online", "any")]
    return lines, ""


_ASPECTS = {
    Aspect.STEPS: _steps, Aspect.PAPERS: _papers, Aspect.FEE: _fees, Aspect.TIME_LIMIT: _time_limits,
    Aspect.WHERE: _where, Aspect.PROBLEM: _problems, Aspect.CONDITIONS: _conditions, Aspect.RESULT: _result,
    Aspect.LEGAL_BASIS: _legal_basis, Aspect.ONLINE: _online,
}  # fmt: skip


def _fee(guide: Guide, fee: Fee) -> str:
    # Where everything happens on the phone, "if filed online" says nothing.
    way = "" if guide.level in ("self_service", "info") else WAY_LABELS[fee.way]
    label = fee.label + (f" ({fee.when})" if fee.when else "")
    if fee.amount is None and fee.percent is None:
        where = {
            "province": "do tỉnh quy định, em chưa có số của tỉnh mình. Xem số đúng trên hồ sơ khi nộp",
            "provider": "do đơn vị thu (ngân hàng, ví, bưu điện …) quy định. Xem số trước khi trả tiền",
            "central": "em chưa có số đã kiểm tra. Xem số đúng trên hồ sơ khi nộp",
        }[fee.set_by]
        return f"{label}: {where}."
    if fee.percent is not None:
        amount = f"{number(fee.percent)} % {fee.unit}"
    else:
        amount = f"{money(fee.amount)}/{fee.unit}" if fee.amount else "0 đồng"
    parts = [
        f"{label}: {amount}",
        f"nếu nộp {way}" if way else "",
        f"đến hết {day(fee.valid_to)}" if fee.valid_to else "",
    ]
    return ", ".join(part for part in parts if part) + _brackets(fee.legal_basis)


def _time(limit: TimeLimit) -> str:
    if limit.quantity is None:
        amount = limit.text or "em chưa có số ngày đã kiểm tra, xem trên giấy hẹn"
    elif limit.quantity == 0.5:
        amount = f"nửa {_UNITS[limit.unit]}"
    else:
        amount = f"{number(limit.quantity)} {_UNITS[limit.unit]}"
    return " ".join(part for part in (amount, limit.since or "", f"({limit.when})" if limit.when else "") if part)


def _due(limit: TimeLimit, today: date) -> str:
    """The day a limit runs out for somebody who files today; only where filing is what starts the clock."""
    if limit.unit not in ("working_day", "calendar_day") or "đủ hồ sơ" not in (limit.since or ""):
        return ""
    if limit.quantity is None or not limit.quantity.is_integer():
        return ""
    last = due(today, int(limit.quantity), working=limit.unit == "working_day")
    return f". Nộp đủ hôm nay thì hạn trả là {day(last)}"


def _valid(limit: TimeLimit, today: date) -> bool:
    return (limit.valid_from is None or limit.valid_from <= today) and (
        limit.valid_to is None or today <= limit.valid_to
    )


def _place(name: str, path: str | None) -> str:
    return f"{name}, vào {path}" if path else name


def _brackets(*parts: str | None) -> str:
    inside = "; ".join(part for part in parts if part)
    return f" ({inside})" if inside else ""


def _pages(lines: Sequence[str]) -> list[list[str]]:
    pages: list[list[str]] = [[]]
    for line in lines:
        size = sum(len(one) for one in pages[-1]) + len(line)
        if pages[-1] and (len(pages[-1]) >= MAX_BULLETS or size > MAX_CHARACTERS):
            pages.append([])
        pages[-1].append(line)
    return pages


def _close(guide: Guide, aspect: Aspect, text: str, today: date) -> str:
    lines = [text]
    if guide.warnings and aspect in (Aspect.STEPS, Aspect.FEE, Aspect.PROBLEM, Aspect.ONLINE):
        lines.append(f"⚠ {guide.warnings[0]}")
    if guide.hotlines and aspect in (Aspect.OVERVIEW, Aspect.PROBLEM):
        lines.append(f"☎ {_hotline(guide.hotlines[0])}")
    if guide.review_due < today:
        lines.append("Bài này đã quá hạn rà soát, có thể có chỗ đã đổi. Mình hỏi lại trước khi làm.")
    lines.append(source_line(guide))
    return "\n".join(lines)


def _hotline(hotline: Hotline) -> str:
    unsure = " (theo nguồn thứ cấp)" if hotline.confidence == "B" else ""
    return f"{hotline.name}: {hotline.number}{unsure}"


def source_line(guide: Guide) -> str:
    """Return the newest source in words and the day it was checked."""
    source = max(guide.sources, key=lambda s: s.checked_on)
    name = source.title or (source.url or "").split("/")[2]
    return f"Nguồn: {name} · kiểm tra ngày {day(guide.checked_on)}"
