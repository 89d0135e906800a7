"""Stand between volunteer and citizen: stop a message that asks for a secret, for money, or for a way into the phone.

The rule. Each word of a sentence becomes one letter by its meaning (guard_meanings), and requests are patterns of letters
(_REQUESTS). The verb nearest to the secret decides: "gửi mật khẩu" is a request, "đổi mật khẩu" is help. A request
stands unless that verb is excused: negated ("đừng đọc mã"), done by a machine ("hệ thống gửi mã"), told of strangers
("họ xin mã"), the name of a button ("bấm Gửi mã") or a thing of the past ("lỡ đọc mã"). Only the few words before the
verb excuse it, never across a comma or "thì": "không gửi được thì gửi mã cho em" is a request.

The weights of guard_model have the last word: they stop what no rule foresaw, and let pass what a rule sees but they are
sure is help.

What cannot be seen here: a request spread over two messages, a picture, or a code asked for by a name of its own.
How many requests leak all the same: docs/evaluation.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.desk import guard_model
from bot.desk.guard_meanings import Reason, meanings
from nlu.text import nfc

_HAND = "(?:[hgcrQl](?:i*f)?|(?<![hgcrQlTPi])f)"
# Between a verb and what it is about: few words, and no other verb, comma or "thì".
_NEAR = "[^hgcfrQldoebtRS,?]"
_TO_US = "i*[fv]?i*[uk]"
# In each, the group "act" is the verb that may be excused. Any of them may stand.
_REQUESTS: tuple[tuple[Reason, str], ...] = (
    # "gửi mã OTP", "cho em xin cái mã vừa về", "chụp tin nhắn", "chụp hai mặt thẻ"
    ("secret", f"(?P<act>{_HAND}){_NEAR}{{0,6}}S"),
    ("secret", f"(?P<act>c){_NEAR}{{0,4}}[Ma]"),
    # "em cần mã của bác", "lấy mã của anh"
    ("secret", "[uz](?P<act>[dW])[.y]{0,2}S"),
    ("secret", "(?P<act>[dW])[.y]{0,2}S[.]?y"),
    ("secret", "u(?P<act>o)i+S"),
    ("secret", "(?P<act>o)S[^,t?]{0,4}L[^,t?]{0,4}fu"),
    ("secret", "S.{0,9}?(?P<act>l)i*u[.]uo"),
    # "OTP về thì nhắn em", "mã về rồi bác đọc lên"
    ("secret", f"S.{{0,9}}?(?P<act>[hgc])(?:{_TO_US}|z|i)"),
    ("secret", f"(?<![oe])S[^noe]{{0,9}}?(?P<act>l)[.]?{_TO_US}"),
    ("secret", "S[^et]{0,9}?[,?]y?(?P<act>f)u(?=$|[i,])"),
    ("secret", f"M[^noe]{{0,6}}(?P<act>c)(?:i|g?{_TO_US})"),
    ("secret", "(?<![oe])S[.sy]{0,2}(?P<act>f)u"),
    # "OTP là bao nhiêu", "mật khẩu?", "cvv 3 số sau thẻ"
    ("secret", "(?<![oeR])(?P<act>S)[^obetnhg,]{0,7}q(?!t|,L)"),
    ("secret", r"(?:^|\?)[.y]?(?P<act>S)(?:[SLyia]*L?\?|L?S+$|L$)"),
    ("secret", "^y[.]?(?P<act>S)$"),
    # "nhập OTP vào khung chat"
    ("secret", "(?P<act>e)[^,t?]{0,4}S[^,t?]{0,3}k"),
    # "chuyển khoản cho em", "chuyển vào số tài khoản này", "ck đi"
    ("money", "(?P<act>[Tg])[^,tob]{0,4}A[^,t?]{0,2}[ukD]"),
    ("money", "(?P<act>T)[.ifvy]{0,3}[uA]"),
    ("money", "(?P<act>T)(?:y?N|i)"),
    ("money", r"(?P<act>[Tg])[^,t?]{0,3}[cg][^,t?]{0,3}B"),
    ("money", "(?P<act>g)[N],u[nN]"),
    # "gửi em ít tiền", "đưa tiền cho em", "phí 300k anh chuyển qua em"
    ("money", "(?P<act>[TgPKf])[^,tobeS]{0,5}u[^,tobeS]{0,4}[$%]"),
    ("money", "(?P<act>[TgPK])[^,tobeS]{0,5}[$%][^,tobeS]{0,5}[fv][uA]"),
    ("money", f"[$%][^t]{{0,6}}?(?P<act>[TgP])(?:{_TO_US}|[fv]A)"),
    ("money", "(?P<act>[TgPK])i*f?u#(?=$|[,ui])"),
    ("money", "(?P<act>[TgPK])[$%]u"),
    ("money", "(?:%|#[$])[^?]{0,8}(?P<act>[Tg])i+y?$"),
    ("money", "(?P<act>T)[.]i*lu"),
    ("money", "(?P<act>T)[.ifv]{0,3}k"),
    ("money", "(?P<act>[$])[.]?u[.L]{0,2}%"),
    ("money", "(?P<act>[TgK])i*(?:%|#[$])"),
    # "em lấy 50k", "đặt cọc 200k", "nộp qua em", "quét QR của em"
    ("money", "u(?P<act>r)[^,tobeS]{0,3}[$%]"),
    ("money", "(?:u[^,tobeS]{0,3}|^)(?P<act>W)[^,tobeS]{0,3}[$%]"),
    ("money", "(?P<act>K)[^,t?]{0,4}[$%u]"),
    ("money", "(?P<act>[P])[$%]?[.]?[fv]u"),
    ("money", "(?P<act>Z)[.]?u"),
    # "nạp giúp em cái thẻ cào", "mua thẻ viettel đọc seri cho em"
    ("money", "(?P<act>[Pg])[^,t?]{0,3}[ui][^,t?]{0,3}V"),
    ("money", "(?P<act>[P])[^,t?]{0,2}V.{0,6}[ui]"),
    # An account to pay into
    ("money", "(?P<act>[AO])[^tD]{0,7}D"),
    ("money", "u(?P<act>[gfl])[^,t?]{0,2}A"),
    # "cài AnyDesk", "tải file này về", "cho em điều khiển máy"
    ("link", "(?P<act>I)[^,t?]{0,4}(?:F|E[.]?k|[EG]u|G)"),
    ("link", "(?P<act>[Ife])[^,t?]{0,4}J"),
    ("link", "(?P<act>J)[^,t?]{0,3}(?:fu|c)"),
    ("link", "u(?P<act>g)[.]?[mEj][^t?]{0,3}I"),
    ("link", "(?P<act>Z)[.]?k.?I"),
    # The net below: the secret, or money on its way, beside the volunteer, and nothing in the sentence that could excuse it.
    ("secret", "(?P<act>)^(?=.*u)[^noebmxwpR]*S[^noebmxwpR]*$"),
    ("money", "(?P<act>)^(?=.*[TgK])(?=.*[$%A])[^noebmxwpRPSt]*u[^noebmxwpRPSt]*$"),
)  # fmt: skip
_REQUEST_PATTERNS = tuple((reason, re.compile(pattern)) for reason, pattern in _REQUESTS)

# Said just before the verb. "n" right before "bác" ends a question ("nhớ không bác"); "không gửi em thì ..." is a threat.
_EXCUSED_BEFORE = re.compile(r"(?<!S)n(?!y+.$)|x|m[.s]{0,2}.$|p[sfi]?.$|(?P<button>b[.i]?[^f]$)")
_TO_VOLUNTEER = re.compile(r"[^,t?]{0,4}fu")
_THREAT = re.compile(r"[^,]{0,6}u[^,]{0,2}t")
# "đã gửi mã cho ai chưa", "xin mã là lừa đảo", "Gửi mã về số đã đăng ký"
_EXCUSED_AFTER = re.compile(r"[^,t?]{0,7}fx|[^yu]*(?<!n)w|gSH(?!.?[uD])")
_WINDOW = 6

_ENDINGS = "com|net|org|vn|info|xyz|top|vip|club|shop|click|link|online|site|cc|ly|gl|io|me|biz|tk|pro|fun|icu|live|store|win|asia|app"
_ADDRESS = re.compile(
    rf"\b\w+://\S*\w|(?<![\w@.])(?:[\w-]+\.)+(?:{_ENDINGS}|apk)\b(?!@)(?:\.\w+)*(?:[/?#:]\S*\w)?", re.I
)
_DOTS = re.compile(rf" (?:\.|chấm|cham) ?(?=\w+ (?:\.|chấm|cham)|(?:{_ENDINGS})\b)", re.I)
_HOST = re.compile(r"^(?:\w+://)?(?:[^/?#]*@)?([^/?#:]*)")
# The State's names, and the few others that guides send people to.
_OFFICIAL = re.compile(
    r"(?:^|\.)(?:gov\.vn|chinhphu\.vn|vietnam\.vn|csgt\.vn|vnedu\.vn|evn\.com\.vn|npc\.com\.vn|evnhanoi\.vn|hcm\.edu\.vn|"
    r"thitotnghiepthpt\.edu\.vn)$",
    re.I,
)


def refuse(text: str) -> Reason | None:
    """Return why a volunteer's message must not reach the citizen; None when it may go.

    A link may go when its host ends in gov.vn. All else is for the weights to say, to which a rule's word counts much.
    """
    if any(not _official(address) for address in _ADDRESS.findall(_DOTS.sub(".", nfc(text)))):
        return "link"
    return guard_model.load().judge(meanings(_without_addresses(text)), by_rules(text))


def by_rules(text: str) -> Reason | None:
    """Return what the rules alone say of the words; they leave addresses aside.

    Each sentence is judged alone, so that a warning in one of them does not cover a request in the next.
    """
    for sentence in meanings(_without_addresses(text)):
        meaning = "".join(letter for letter, _ in sentence)
        for reason, pattern in _REQUEST_PATTERNS:
            if any(not _excused(meaning, match.start("act")) for match in _overlapping(pattern, meaning)):
                return reason
    return None


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub("www", nfc(text))


def _official(address: str) -> bool:
    host = _HOST.match(address)
    return bool(host and _OFFICIAL.search(host[1]))


def _overlapping(pattern: re.Pattern[str], meaning: str) -> Iterator[re.Match[str]]:
    match = pattern.search(meaning)
    while match:
        yield match
        match = pattern.search(meaning, match.start() + 1)


def _excused(meaning: str, verb: int) -> bool:
    recent = meaning[max(0, verb - _WINDOW) : verb]
    # "ai đòi tiền, hỏi mã": one teller, two verbs.
    before = re.split("[t?]" if "x" in recent and meaning[verb : verb + 1] in ("r", "Q") else "[,t?]", recent)[-1]
    after = meaning[verb:]
    if _EXCUSED_AFTER.match(after):
        return True
    excuse = _EXCUSED_BEFORE.search(before + meaning[verb : verb + 1])
    if excuse is None:
        return False
    if excuse["button"]:
        return not _TO_VOLUNTEER.match(after)
    return not (excuse[0] == "n" and _THREAT.match(after))
