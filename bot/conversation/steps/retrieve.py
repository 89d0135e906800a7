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

# Words that carry no topic: what is left after removing them tells whether a message can stand alone. Folded, expanded.
_PLAIN = frozenset(
    ["a", "ah", "ai", "anh", "ay", "ba", "bac", "ban", "bao", "biet", "bo", "buoc", "buoi", "can", "cai", "cac", "cach", "cau", "chac", "chau", "chi", "chiu", "cho", "chu", "chua", "chuan", "chung", "chut", "co", "coi", "con", "cong", "cu", "cua", "cung", "da", "dang", "dau", "day", "de", "dem", "den", "di", "dia", "dieu", "do", "doi", "don", "dung", "duoc", "em", "gi", "gia", "giay", "giup", "gom", "gui", "ha", "hay", "het", "hoi", "hon", "ho", "hom", "im", "it", "ke", "khi", "khoan", "khong", "kia", "kieu", "kien", "la", "lai", "lam", "lau", "le", "luon", "luat", "mai", "may", "me", "mat", "minh", "mot", "muc", "muon", "mang", "nao", "nay", "nao", "nua", "neu", "ngay", "nghe", "nghi", "nhan", "nhe", "nhi", "nhieu", "nhu", "nhung", "noi", "nop", "o", "oi", "on", "ong", "phai", "phi", "phut", "qua", "quy", "ra", "rang", "roi", "ron", "sao", "sau", "se", "so", "ta", "tai", "tam", "thang", "the", "thay", "theo", "thi", "thoi", "thong", "thu", "thua", "tien", "tiep", "tim", "to", "toi", "tot", "trong", "truc", "truoc", "tu", "tuan", "tuyen", "va", "van", "vay", "ve", "vi", "viec", "voi", "vua", "xem", "xin", "xong", "y", "yeu", "u", "uh", "um", "duong", "gio", "hoac", "ket", "qua", "can", "cu", "phap", "ly", "dinh", "nghi", "thong", "loi", "bi", "tren", "qua", "mang", "thu", "tuc", "ho", "so", "bieu", "mau", "to", "khai", "mien", "chuyen", "thanh", "toan", "tra", "ngan", "hang", "nhat"]
)  # fmt: skip
_GOES_ON = re.compile(
    r"^(?:the|con|vay|rua|the con|vay con|con neu|neu|the thi|vay thi|a|roi|roi thi|the neu|the la)\b|\bthi sao\b|\bthi the nao\b"
)


def retrieve(turn: Turn) -> str | None:
    """Fill in turn.candidates, turn.aspect and, for a follow-up, turn.guide."""
    search, context = turn.services.search, turn.context
    heard = turn.understanding
    aspect = ASPECTS.get(heard.intent or "") if heard and heard.confidence >= SURE_OF_ASPECT else None
    known = search.index.guides.get(context.guide or "")
    turn.candidates = search.search(turn.text)

    if known and aspect and aspect is not Aspect.OVERVIEW and not topic_words(turn.text):
        turn.guide, turn.aspect = known, aspect
        return "show_guide"
    if known and _GOES_ON.search(fold(turn.text)):
        # "cho con 5 tuổi thì sao": the words alone say too little; read them as an addition to the last question.
        together = search.search(f"{known.title}. {turn.text}")
        near = {known.id, *known.related}
        if together and together[0].guide.id in near and not _stronger_alone(turn, near):
            turn.candidates = together
    if turn.candidates:
        best = turn.candidates[0].passage
        turn.aspect = context.wanted or (best.aspect if aspect in (None, Aspect.PROBLEM) else aspect)
        if aspect is None and best.kind == "body":
            turn.aspect = context.wanted or Aspect.OVERVIEW
        if turn.aspect is Aspect.PROBLEM and best.aspect is Aspect.PROBLEM:
            turn.argument = best.text
    return None


def topic_words(text: str) -> list[str]:
    """Return the folded words that name something, in order; empty for "thế cần giấy tờ gì"."""
    return [word for word in fold(expand(text)).split() if word not in _PLAIN]


def _stronger_alone(turn: Turn, near: set[str]) -> bool:
    """Whether the message by itself clearly names a guide that has nothing to do with the last one."""
    if not turn.candidates or turn.candidates[0].guide.id in near:
        return False
    return turn.services.decider.confidence(turn.candidates, 0.0, False) >= turn.services.decider.answer_from
