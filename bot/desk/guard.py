"""Stand between volunteer and citizen: a volunteer never asks for a secret or for money, whoever holds the account."""

from __future__ import annotations

import re

from nlu.text import expand, fold

# Folded, abbreviations spelt out ("mk", "ck", "stk"). Words between are few, so that one sentence is judged at a time.
_SECRET = (  # noqa: S105 - words that name secrets
    r"(?:(?:ma |so |cai |dong )?(?:o ?t ?p|cvv|cvc|pin)\b|ma (?:xac nhan|xac thuc|kich hoat|bao mat)|mat khau|passcode|pass ?word|pass\b"
    r"|so the\b|(?:3|ba) so (?:mat sau|sau the)|ma so the\b|6 so (?:vua|moi)|(?:sau|6) so (?:trong )?tin nhan)"
)
_HAND_OVER = r"(?:gui|nhan|nt|doc|cho|dua|bao|cung cap|chup|ghi|noi|chuyen|copy|dan|quang|nem|xin|can|lay(?! lai)|hoi|biet|check|kiem tra)"
_TO_US = r"(?:cho|qua|sang|toi|den|vao|len|o|ve)"
_US = r"(?:em|toi|minh|chi|anh|chau|co|chu|day|nay|can bo|to|cn|zalo|tin nhan|inbox|ib|nhom|chat)"
_ASKS = tuple(
    re.compile(pattern)
    for pattern in (
        # "gửi mã OTP cho em", "đọc giúp mật khẩu", "cho em xin số thẻ"
        rf"\b{_HAND_OVER}\b(?: \w+){{0,6}} {_SECRET}",
        # "OTP bác gửi qua đây", "mật khẩu thì nhắn em"
        rf"\b{_SECRET}(?: \w+){{0,5}} {_HAND_OVER}\b(?: \w+){{0,3}} (?:{_TO_US} )?{_US}\b",
        # "OTP là bao nhiêu", "mật khẩu của bác là gì"
        rf"\b{_SECRET}(?: \w+){{0,4}} (?:la gi|la bao nhieu|la may|bao nhieu|dau roi|co chua|ve chua)\b",
        # "nhập mã OTP vào đây", "gõ mật khẩu ở đây"
        rf"\b(?:nhap|go|dien|bam)\b(?: \w+){{0,4}} {_SECRET}(?: \w+){{0,3}} (?:vao|o|tai|len|xuong) (?:day|khung chat|tin nhan|chat|zalo|nhom)\b",
    )
)
_MONEY = tuple(
    re.compile(pattern)
    for pattern in (
        # "chuyển khoản cho em 200k", "ck vào stk này"
        r"\b(?:chuyen khoan|chuyen tien|gui tien|nap tien|nap the|mua the cao|dat coc|tra phi|dong phi|nop phi|nop tien|banking|momo)\b(?: \w+){0,8} (?:cho|qua|vao|sang|toi|den) (?:em|toi|minh|chi|anh|chau|ca nhan|stk|so tai khoan|tai khoan (?:cua )?(?:em|toi|minh|chi|anh|nay|ca nhan)|so (?:nay|dien thoai)|vi (?:momo|zalopay|cua))\b",
        r"\b(?:stk|so tai khoan)\b(?: \w+){0,6} \d{4,}",
        r"\b(?:tien|phi|phong bi|boi duong|ca phe|tra nuoc)\b(?: \w+){0,4} (?:cho|qua|gui) (?:em|toi|minh|chi|anh|ca nhan)\b(?: \w+){0,3} (?:xong|thi|roi|de)\b",
    )
)
# Said against handing over, or about typing it where it belongs. Looked for in the same sentence.
_WARNS = re.compile(
    r"\b(?:dung|khong|ko|chang|cam|tuyet doi|cho co|chua bao gio|khong bao gio|ai|neu ai|ke|lua dao|gia danh)\b(?: \w+){0,6} "
    rf"(?:{_HAND_OVER}|hoi|xin|yeu cau|doi|chuyen khoan|chuyen tien|nap tien|nop tien|dat coc)\b"
)
_LINK = re.compile(
    r"https?://\S+|\bwww\.\S+|\b[\w-]+\.(?:xyz|top|vip|club|shop|click|link|apk|info|online|site|cc)\b\S*", re.I
)
_OFFICIAL = re.compile(r"^(?:https?://)?(?:[\w-]+\.)*(?:gov\.vn|chinhphu\.vn)(?:[/?#:]|$)", re.I)
_SENTENCE = re.compile(r"[.!?;\n]+(?:\s|$)")


def refuse(text: str) -> str | None:
    """Return why a volunteer's message must not reach the citizen: "secret", "money" or "link"; None when it may go.

    A link may go when its host ends in gov.vn. Each sentence is judged alone, so that a warning in one of them does
    not cover a request in the next.
    """
    for link in _LINK.findall(text):
        if not _OFFICIAL.match(link):
            return "link"
    for sentence in _SENTENCE.split(text):
        words = fold(expand(sentence))
        if _WARNS.search(words):
            continue
        if any(pattern.search(words) for pattern in _ASKS):
            return "secret"
        if any(pattern.search(words) for pattern in _MONEY):
            return "money"
    return None
