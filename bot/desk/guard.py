"""Stand between volunteer and citizen: stop a message that asks for a secret, for money, or for a way into the phone.

The rule. Each word of a sentence becomes one letter by its meaning (_MEANINGS), and requests are patterns of letters
(_REQUESTS). The verb nearest to the secret decides: "gửi mật khẩu" is a request, "đổi mật khẩu" is help. A request
stands unless that verb is excused: negated ("đừng đọc mã"), done by a machine ("hệ thống gửi mã"), told of strangers
("họ xin mã"), the name of a button ("bấm Gửi mã") or a thing of the past ("lỡ đọc mã"). Only the few words before the
verb excuse it, never across a comma or "thì": "không gửi được thì gửi mã cho em" is a request.

What cannot be seen here: a request spread over two messages, a picture, or a code asked for by a name of its own.
How many requests leak all the same: docs/evaluation.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from nlu.text import expand, fold, nfc

Reason = Literal["secret", "money", "link"]

# Letter -> words, as written well; what people type without diacritics is met too, where two would meet the first wins.
# Abbreviations are spelt out before ("mk", "ck", "stk"). A longer phrase wins over its parts; "." is a word of no weight.
_MEANINGS = {
    # Words that look like one of the below and are not; first, so that what is typed without diacritics is these.
    ".": "mã hồ sơ, mã thủ tục, mã số, mã qr, mã định danh, mã khách hàng, mã học sinh, mã bảo hiểm, mã vùng, mã địa chỉ, mã ngành, "
    "mã bưu, mã tra cứu, mã đơn, mã hàng, mã vạch, mã trường, mã cơ sở, mã id, mã hóa đơn, mã tờ khai, mã nhóm, mã giao dịch, "
    "mã phản ánh, mã biên nhận, mã captcha, mã quyền lợi, mã quyết định, mã trên tờ, mã trên giấy, mã tra soát, mã đóng gói, mã cho vườn, xin mã không mất tiền, mặt thẻ căn cước, hai mặt thẻ căn cước, "
    "số thẻ bảo hiểm, số thẻ bhyt, số thẻ căn cước, số thẻ học sinh, tài khoản vneid, tài khoản vssid, tài khoản định danh, "
    "quên mật khẩu thì, con số, em bé, cháu bé, con bé, con nhỏ, căn cước, cán bộ, hướng dẫn, người dân, công dân, dân, thẻ từ, "
    "có tiền, tin nhắn lừa đảo, tin nhắn rác, tin nhắn lạ, công an, công khai, dịch vụ công, thủ tục hành chính công, hành chính công, "
    "không có tiền, bảo hiểm y tế, tin cậy, tin tưởng, yên tâm, cho mượn thẻ, chuyển sang, chuyển đổi, chuyển hộ khẩu, "
    "chuyển khẩu, sao cho, làm cho, để cho, có, gọi, an, tín dụng, sử dụng, áp dụng, nội dung, xây dựng, đúng rồi, đăng nhập, in ấn, báo lỗi, đóng dấu, đóng góp, đóng bảo hiểm, đồng ý, đồng bộ, hội đồng, hợp đồng, "
    "không sao, không cần ra, không có gì, mở tài khoản, con bác, con anh, con chị, cháu nhà",
    # Secrets. A code that is no secret is listed below as ".".
    "S": "otp, mã otp, số otp, tin nhắn otp, tin otp, mật khẩu, password, passcode, mã, cvv, cvc, số cvv, mã cvv, mã pin, số pin, "
    "số thẻ, 3 số sau thẻ, 3 số mặt sau, 3 số cuối mặt sau, ba số mặt sau, ba số sau thẻ, 3 số sau lưng, 16 số trên thẻ, 16 số thẻ, "
    "16 số in, 6 số, sáu số, 6 con số, sáu con số, dãy số, mấy số tin nhắn, mấy số ngân hàng, mấy số vừa, mấy con số, số tin nhắn, "
    "ảnh thẻ tín dụng, ảnh thẻ ngân hàng, ảnh thẻ visa, tên đăng nhập và mật khẩu, mật khẩu đăng nhập, mã đăng nhập, mã xác nhận, mã xác thực, mã kích hoạt, cái số, số vừa, số kia, số ấy, "
    "số chi mới, số gì mới, số chi vừa, số gì vừa, số thẻ tín dụng, số bí mật, số bảo mật, số nào chưa, mã số bí mật, code, mã code, pin thẻ, pin của thẻ, 3 số phía sau, ba số phía sau, 3 số đằng sau, số phía sau thẻ, số in nổi, "
    "số trên thẻ ngân hàng, số in trên thẻ, tin nhắn ngân hàng, tin nhắn xác nhận, tin ngân hàng, tin nhắn mã, tin có mã, tin mã, user, dãy mã, thông tin đăng nhập, thông tin thẻ",
    # Given to others when a person does it; about money as well: g.
    "h": "đọc, cung cấp, nói, copy, chép, dán, quăng, ném, inbox, ib, soạn tin, nêu, kể, cho biết, tiết lộ, khai, trả lời, rep, reply",
    "g": "gửi, chuyển, đưa, gởi, send",
    "c": "chụp, soi, giơ, chuyển tiếp, forward, cho em xem, cho cháu xem, cho con xem, cho tôi xem, cho tui xem, chụp lại",
    "l": "nhắn, báo, nt, alo",
    "f": "cho",
    "r": "xin, mượn, vay, chỉ thiếu, còn thiếu mỗi, thiếu mỗi",
    "Q": "hỏi",
    "d": "cần, đợi, chờ, phải có",
    "W": "lấy, thu, thu hộ, phải lấy, vào lấy, tính rẻ, tính công, chỉ lấy",
    # What people do with secrets of their own; e: typing them.
    "o": "lấy lại, đặt lại, tự đặt, đặt, đổi, quên, nhớ, giữ, tạo, khóa, cấp lại, lưu, che, xóa, lộ, sai, thay, thay cho, khôi phục, xin cấp, xài, "
    "kiểm tra, bảo vệ, mất, hết hạn, ghi nhớ",
    "R": "nhận, nhận được, muốn nhận, điện thoại nhận, số nhận, đăng ký nhận, để nhận, đã nhận, chưa nhận",
    "e": "nhập, gõ, điền, ghi, viết, bấm số",
    # Who: u the volunteer, y the citizen, x strangers, m machines and offices that send by themselves.
    "u": "em, cháu, con, tôi, tui, tau, tổ em, nhóm em, bên em, tụi em, cá nhân, bọn em, chúng em, mình em",
    "z": "mình",
    "y": "bác, anh, chị, cô, chú, dì, ông, bà, mệ, bạn, cậu, thím, mợ, u",
    "x": "họ, nó, ai, người ta, người lạ, người khác, chúng, chúng nó, kẻ gian, kẻ lừa đảo, kẻ xấu, kẻ, lừa đảo, bọn lừa đảo, bọn nó, bọn chúng, "
    "người gọi, có người, đòi, đứa nào, giả danh, tự xưng",
    "m": "hệ thống, cổng, cổng dịch vụ công, ngân hàng, vneid, vssid, ứng dụng, máy, tổng đài, trang, trang này, nhà mạng, trang web, bảo hiểm, "
    "nhà nước, kho bạc, cơ quan, bảo hiểm xã hội",
    "k": "tin nhắn trả lời, vào đây, ở đây, lên đây, qua đây, sang đây, tại đây, xuống đây, đây, khung chat, ô chat, khung này, ô này, messenger, zalo, tin nhắn này, nhóm, này",
    # What excuses a verb, and what ends an excuse.
    "n": "không, không nhận, hông, hổng, đừng, chẳng, chả, chớ, cấm, khỏi, tránh, đâu có, không bao giờ, chưa bao giờ, không nên, không được, tuyệt đối không, ngừng, dừng",
    "N": "chưa",
    "p": "đã, vừa, lỡ, từng, trót",
    "b": "bấm, nút, chọn, mục, bấm vào, ấn, nhấn, bấm nút, gạt",
    "s": "sẽ, đang, tự động, có thể, cũng",
    "t": "thì, nếu, cứ, giờ, bây giờ, nhưng, chỉ cần, còn",
    "w": "là lừa đảo, là lừa, là kẻ, đều là lừa",
    "q": "là gì, là chi, là bao nhiêu, là mấy, bao nhiêu, mấy số, đâu rồi, gì thế, gì vậy, là số mấy, là số gì, là mã gì, mấy vậy, mấy bác, mấy thế, là nhiêu, ghi gì, ghi sao, là số nào, nào vậy, nào thế, viết hoa hay thường",
    "L": "là",
    "i": "giúp, hộ, lại, lên, đi, liền, ngay, luôn, với, nhanh, thẳng, nhé, nha, nghe, tạm, thử, trước",
    "H": "về số, về máy, về điện thoại, về email, về sim, về tin nhắn",
    "v": "qua, sang, tới, đến, vào, về",
    # Messages and cards as pictures.
    "M": "tin nhắn, cái tin, tin",
    "a": "thẻ ngân hàng, thẻ tín dụng, thẻ visa, thẻ ghi nợ, hai mặt thẻ, mặt thẻ, mặt sau thẻ",
    # Money.
    "T": "chuyển khoản, chuyển tiền, bank, banking, bắn tiền, bắn",
    "P": "trả, nộp, đóng, nạp, thanh toán, bồi dưỡng, ủng hộ, mua, nộp phạt, nạp tiền, mời, trả tiền, nộp tiền, đóng phí, nộp phí",
    "K": "đặt cọc, cọc, trả trước, cọc trước",
    "$": "tiền, phí, lệ phí, quỹ, công, tiền công, nghìn, ngàn, triệu, trăm, đồng, xị, củ, lít, phong bì, ít nước, chút nước, cà phê, tiền bảo đảm",
    "A": "số tài khoản, tài khoản, momo, zalopay, ví momo, ví điện tử",
    "O": "vietcombank, vcb, techcombank, mb bank, mbbank, bidv, agribank, vietinbank, acb, sacombank, tpbank, vpbank, vib",
    "V": "thẻ cào, thẻ viettel, thẻ điện thoại, thẻ game, thẻ garena, thẻ mobi, thẻ vina, tiền điện thoại, thẻ 20, thẻ 50, thẻ 100, thẻ 200, thẻ 500",
    "B": "bill, biên lai",
    "Z": "quét, quét mã, quét mã qr, quét qr",
    # Strangers in the phone.
    "I": "cài, tải, mở, bật, chạy, cài đặt, tải về, gỡ, cho phép",
    "F": "teamviewer, team viewer, anydesk, any desk, ultraviewer, ultra viewer, ultraview, rustdesk, apk, airdroid",
    "j": "link, đường link, đường dẫn",
    "E": "file, phần mềm, tệp",
    "G": "ứng dụng này, ứng dụng trong link, ứng dụng em gửi",
    "J": "từ xa, remote, điều khiển, điều khiển từ xa, chia sẻ màn hình, share màn hình, cấp quyền truy cập, không rõ nguồn gốc, play protect, play protect rồi, truy cập máy, truy cập từ xa",
}  # fmt: skip

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

# "o.t.p", "0 t p", "m.k", "p a s s": the same mark between all letters.
_SPELT = tuple(
    (re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), word)
    for pattern, word in ((r"[oôơ0](\W?)t\1p", "otp"), (r"m\.k", "mk"), (r"ck", "chuyển khoản"), (r"m[ãa] \d\.\d{6}", ""), (r"p(\W)a\1s\1s", "mk"), (r"pass ?w(?:or)?d", "mk"), (r"mậtkhẩu|matkhau", "mk"))
)  # fmt: skip
_SENTENCE_END = re.compile(r"(?:(?<!\s)[.!;]|\n)+(?=\D|$)")
_PAUSES = (",", ":", "(", ")", " - ", " – ")
_PAUSE = re.compile(r"([,:()?]| [-–] )")
_AMOUNT = re.compile(r"\d+(?:k|tr|ng|đ|d)|\d{1,3}(?:\.\d{3})+")
_ACCOUNT_NUMBER = re.compile(r"\d{4,}x*|\d{2,}x{2,}")

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


def _letters() -> dict[str, str]:
    table: dict[str, str] = {}
    phrases = [(phrase, letter) for letter, words in _MEANINGS.items() for phrase in words.split(", ")]
    for phrase, letter in phrases:
        table.setdefault(nfc(phrase), letter)
    for phrase, letter in phrases:
        table.setdefault(fold(phrase), letter)
    return table


_LETTERS = _letters()
_LONGEST = max(len(phrase.split()) for phrase in _LETTERS)


def refuse(text: str) -> Reason | None:
    """Return why a volunteer's message must not reach the citizen; None when it may go.

    A link may go when its host ends in gov.vn. Each sentence is judged alone, so that a warning in one of them does
    not cover a request in the next.
    """
    text = nfc(text)
    if any(not _official(address) for address in _ADDRESS.findall(_DOTS.sub(".", text))):
        return "link"
    text = _ADDRESS.sub("www", text)
    for meaning in _sentences(text.lower()):
        for reason, pattern in _REQUEST_PATTERNS:
            if any(not _excused(meaning, match.start("act")) for match in _overlapping(pattern, meaning)):
                return reason
    return None


def _official(address: str) -> bool:
    host = _HOST.match(address)
    return bool(host and _OFFICIAL.search(host[1]))


def _sentences(text: str) -> list[str]:
    """Return each sentence as letters, a "," where the writer paused; a "?" does not end one, for the answer is asked for after it."""
    for pattern, word in _SPELT:
        text = pattern.sub(word, text)
    return [
        "".join(part if part == "?" else "," if part in _PAUSES else _meaning(part) for part in _PAUSE.split(sentence))
        for sentence in _SENTENCE_END.split(text)
    ]


def _meaning(words_typed: str) -> str:
    words = expand(words_typed).split()
    letters: list[str] = []
    first = 0
    while first < len(words):
        for size in range(min(_LONGEST, len(words) - first), 0, -1):
            phrase = " ".join(words[first : first + size])
            # One syllable has too many twins to fold it: "mà" and "má" are no "mã".
            letter = _LETTERS.get(phrase if size == 1 else fold(phrase))
            if letter or size == 1:
                letters.append(letter or _number(phrase))
                first += size
                break
    return "".join(letters)


def _number(word: str) -> str:
    if _AMOUNT.fullmatch(word):
        return "%"
    if _ACCOUNT_NUMBER.fullmatch(word):
        return "D"
    return "#" if word.isdecimal() else "."


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
