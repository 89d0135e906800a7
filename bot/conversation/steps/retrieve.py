"""Find the guides the message may be about, alone or together with what was talked about before."""

from __future__ import annotations

import re

from bot.conversation.turn import Turn
from knowledge.guide import Aspect
from nlu.text import expand, fold

ASPECTS = {
    "ask_overview": Aspect.OVERVIEW, "ask_steps": Aspect.STEPS, "ask_papers": Aspect.PAPERS, "ask_fee": Aspect.FEE,
    "ask_time_limit": Aspect.TIME_LIMIT, "ask_where": Aspect.WHERE, "ask_conditions": Aspect.CONDITIONS,
    "ask_result": Aspect.RESULT, "ask_problem": Aspect.PROBLEM, "ask_legal_basis": Aspect.LEGAL_BASIS,
    "ask_online": Aspect.ONLINE,
}  # fmt: skip
# Below this Rasa's guess at the aspect is worth less than the best-matching passage's own.
SURE_OF_ASPECT = 0.45

# An addition to the last question speaks of things that some guide speaks of: "còn hộ chiếu" does, "con mèo bay" does not.
# Measured over 32 such messages and six guides: words of real additions are at most 0.42 strange, of nonsense mostly above 0.6.
FOREIGN_FROM = 0.5

# "mắt kém đọc không ra thì làm thế nào": worded as one of these, yet the guide knows it as a problem.
_MAY_BE_PROBLEM = (Aspect.OVERVIEW, Aspect.CONDITIONS, Aspect.PROBLEM)

# Words that carry no topic: what is left after removing them tells whether a message can stand alone. Folded, expanded.
PLAIN = frozenset(
    """
    a ah ai anh ay ba bac ban bao bi biet bieu bo buoc buoi cac cach cai can cau chac chau chi chiu cho chu chua
    chuan chung chut co coi con cong cu cua cung da dang dau day de dem den di dia dieu dinh do doi don dung duoc
    duong em gi gia giay gio giup gom gui ha hay het ho hoac hoi hom hon it ke ket khai khi khong kia kien kieu la
    lai lam lau le loi luat luon ly mai mang mat mau may me minh mot muc muon nao nay neu ngay nghe nghi nhan nhe
    nhi nhieu nhu nhung noi nop nua o oi on ong phai phap phi phut qua quy ra rang roi sao sau se so ta tai tam
    thang thay the theo thi thoi thong thu thua tien tiep tim to toi tot tren trong truc truoc tu tuan tuc u uh um
    va van vay ve vi viec voi vua xem xin xong y yeu
    """.split()  # noqa: SIM905 - a list of strings would fill a page
)
_SPOKEN = (
    (Aspect.FEE, ("le phi", "phi", "bao nhieu tien", "mat tien", "ton tien", "nhieu tien", "mien phi")),
    (Aspect.TIME_LIMIT, ("bao lau", "may ngay", "thoi han", "khi nao xong", "bao gio co")),
    (Aspect.PAPERS, ("giay to gi", "giay gi", "ho so gom", "can giay", "mang theo gi")),
    (Aspect.STEPS, ("cac buoc", "trinh tu", "tung buoc")),
    (Aspect.WHERE, ("o dau", "cho nao", "nop dau", "noi nao")),
)
_GOES_ON = re.compile(
    r"^(?:the|con|vay|rua|the con|vay con|con neu|neu|the thi|vay thi|a|roi|roi thi|the neu|the la)\b|\bthi sao\b|\bthi the nao\b"
)


def retrieve(turn: Turn) -> str | None:
    """Fill in turn.candidates, turn.aspect and, for a follow-up, turn.guide."""
    search, context = turn.services.search, turn.context
    aspect = asked_aspect(turn)
    known = search.index.guides.get(context.guide or "")
    turn.candidates = search.search(turn.text)

    if known and aspect and aspect is not Aspect.OVERVIEW and not topic_words(turn.text):
        turn.guide, turn.aspect = known, aspect
        return "show_guide"
    stored = turn.services.records.by_code(context.record) if context.record else None
    if stored and aspect and aspect is not Aspect.OVERVIEW and not topic_words(turn.text):
        turn.record, turn.aspect = stored.record, aspect
        return "show_record"
    if known and _GOES_ON.search(fold(turn.text)):
        # "cho con 5 tuổi thì sao": the words alone say too little; read them as an addition to the last question.
        together = search.search(f"{known.title}. {turn.text}")
        near = {known.id, *known.related}
        addition = together and together[0].guide.id in near and together[0].features["stranger"] < FOREIGN_FROM
        if addition and not _stronger_alone(turn, near):
            turn.candidates = together
    if turn.candidates:
        best = turn.candidates[0].passage
        told = best.aspect if best.kind == "question" else Aspect.OVERVIEW
        if aspect is None or (told is Aspect.PROBLEM and aspect in _MAY_BE_PROBLEM):
            aspect = told
        turn.aspect = context.wanted or aspect
        if turn.aspect is Aspect.PROBLEM and best.aspect is Aspect.PROBLEM:
            turn.argument = best.text
    return None


def asked_aspect(turn: Turn) -> Aspect | None:
    """Return the aspect that the message itself asks for, as Rasa heard it or else as a plain word names it; None if none."""
    heard = turn.understanding
    if heard is None or heard.away:
        return spoken_aspect(turn.text)
    return ASPECTS.get(heard.intent or "") if heard.confidence >= SURE_OF_ASPECT else None


def spoken_aspect(text: str) -> Aspect | None:
    """Return the aspect that a plain word names, for when Rasa is away; None when no word does."""
    folded = f" {fold(expand(text))} "
    return next((aspect for aspect, words in _SPOKEN if any(f" {word} " in folded for word in words)), None)


def is_bare(turn: Turn) -> bool:
    """Tell whether the message asks for an aspect and names nothing: "cần giấy tờ gì", "phí bao nhiêu"."""
    return (
        turn.aspect not in (Aspect.OVERVIEW, Aspect.PROBLEM)
        and len(turn.text.split()) <= 5
        and not topic_words(turn.text)
    )


def topic_words(text: str) -> list[str]:
    """Return the folded words that name something, in order; empty for "thế cần giấy tờ gì"."""
    return [word for word in fold(expand(text)).split() if word not in PLAIN]


def _stronger_alone(turn: Turn, near: set[str]) -> bool:
    """Whether the message by itself clearly names a guide that has nothing to do with the last one."""
    if not turn.candidates or turn.candidates[0].guide.id in near:
        return False
    return turn.services.decider.confidence(turn.candidates, 0.0, False) >= turn.services.decider.answer_from
