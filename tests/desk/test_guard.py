"""A volunteer's message asks for no secret, no money and no way into the phone; help, warnings and fees go through."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bot.desk import guard_model
from bot.desk.guard import by_rules, refuse
from evaluation.desk.guard import BLIND, OTHER_HAND, measure, read, unseen
from evaluation.desk.guard_fit import examples, said, to_anybody
from knowledge.answer import aspects_of, say
from knowledge.guide import Aspect
from knowledge.library import load

# An address can be tapped even where a warning shows it.
SHOW_A_FALSE_ADDRESS = {
    "Gặp tên có thêm chữ phía sau như dichvucong-gov.vn.xyz thì thoát ra ngay.",
    "Trang thật của nhà nước có tên kết thúc bằng .gov.vn, ví dụ dichvucong.gov.vn. Tên kiểu dichvucong-gov.vn.xyz là giả. "
    "Ứng dụng chỉ cài từ CH Play hoặc App Store. Không bấm link trong tin nhắn, tự gõ địa chỉ.",
}


@pytest.mark.parametrize(
    "text",
    [
        "không gửi được thì gửi mã OTP cho em",
        "o.t.p về chưa, gửi em",
        "o t p là mấy vậy cô",
        "cho em xin 0tp",
        "mk la gi v bac",
        "cho e xin cai ma vua ve may",
        "doc giup chau 6 so trong tin nhan",
        "bac chup man hinh tin nhan ma gui chau",
        "cvv 3 so sau the",
        "Đừng đọc mã cho người lạ, đọc cho cháu thôi nhé",
        "Tuyệt đối không cho ai biết mật khẩu. Giờ bác cho cháu xin mật khẩu",
        "không gửi mã cho em thì hồ sơ bị hủy",
        "Hệ thống sẽ gửi mã OTP về máy mình, mình đọc lại cho em nhé",
    ],
)
def test_it_stops_a_request_for_a_secret(text: str) -> None:
    assert refuse(text) == "secret"


@pytest.mark.parametrize(
    "text",
    [
        "ck cho e 50k phi lam ho",
        "stk cua chau 0123..",
        "stk của cháu 0123456789 vietcombank",
        "momo 0912345678",
        "nap giup chau cai the cao",
        "Không cần ra ngân hàng, bác chuyển khoản cho cháu là được",
    ],
)
def test_it_stops_a_request_for_money(text: str) -> None:
    assert refuse(text) == "money"


@pytest.mark.parametrize(
    "text",
    [
        "tải file này về",
        "cài TeamViewer cho em điều khiển",
        "cài AnyDesk nhé bác",
        "cai ultraviewer cho em dieu khien",
        "https://dichvucong.gov.vn.top/dang-nhap",
        "dichvucong-gov.vn",
        "https://gov.vn@lua.top/a",
        "evil.com/gov.vn",
        "vneid . site",
        "gov.vn.evil",
    ],
)
def test_it_stops_strange_links_and_ways_into_the_phone(text: str) -> None:
    assert refuse(text) == "link"


@pytest.mark.parametrize(
    "text",
    [
        "hệ thống sẽ gửi mã OTP về máy mình",
        "bấm Lấy lại mật khẩu",
        "mình nhập mã OTP vào ô trong VNeID",
        "mình đã gửi mã OTP cho ai chưa?",
        "đặt mật khẩu mới từ 8 ký tự",
        "thanh toán phí trên Cổng Dịch vụ công bằng ngân hàng",
        "phí 15.000 đồng nộp khi nhận kết quả",
        "ra ngân hàng chuyển khoản",
        "chuyển tiền trên cổng không mất phí",
        "ai bảo chuyển tiền là lừa đảo",
        "Bác đọc giúp cháu mã hồ sơ",
        "Vào https://dichvucong.gov.vn/tra-cuu.",
        "Bác mở vneid.gov.vn. Không đọc mã cho ai nhé",
        "máy còn bao nhiêu pin hả bác",
        "",
    ],
)
def test_it_lets_help_pass(text: str) -> None:
    assert refuse(text) is None


LONG_HELP = (
    "Bác mở VNeID, chọn Quên mật khẩu, gõ số căn cước. Xong thì đặt mật khẩu mới có chữ hoa và số. Cứ thong thả. "
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tới bước otp rồi, mấy số ạ", "secret"),
        ("tài khoản VNeID để cháu mượn đăng nhập tí", "link"),
        ("phí làm nhanh tính riêng với em nha", "money"),
        ("bấm dòng xanh em gửi trong zalo rồi điền", "link"),
        (LONG_HELP + "Tới bước otp rồi. Mấy số ạ", "secret"),
    ],
)
def test_weights_stop_what_no_rule_foresaw(text: str, reason: str) -> None:
    assert by_rules(text) is None
    assert refuse(text) == reason


def test_weights_overrule_a_rule_where_they_are_sure_of_help() -> None:
    text = "Em mà có hỏi mật khẩu thì bác cũng đừng trả lời"
    assert by_rules(text) == "secret"
    assert refuse(text) is None


def test_help_of_many_sentences_passes() -> None:
    assert refuse(LONG_HELP + "Mã gửi về máy thì bác tự nhập vào ứng dụng, đừng đọc cho ai.") is None


def test_judging_needs_no_scikit_learn() -> None:
    asked = "import sys; from bot.desk.guard import refuse; refuse('chào bác'); print('sklearn' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_weights_stay_a_table_that_people_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert guard_model.WEIGHTS.stat().st_size <= 1_500_000
    broken = tmp_path / "guard_weights.tsv"
    broken.write_text("sign\task\n", encoding="utf-8")
    monkeypatch.setattr(guard_model, "WEIGHTS", broken)
    with pytest.raises(ValueError, match=r"guard_weights\.tsv:1: .*--fit"):
        guard_model.load.__wrapped__()


def test_examples_share_no_sentence_with_a_blind_set() -> None:
    assert not {to_anybody(one.text) for one in unseen()} & {
        to_anybody(one.text) for one in (*examples(), *read(OTHER_HAND))
    }


def test_an_unknown_heading_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "examples.txt"
    file.write_text("[ok]\nchào bác\n[tiền]\nchuyển em\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"examples\.txt:3: \[tiền\]"):
        examples(file)


def test_everything_a_guide_says_may_be_said() -> None:
    stopped = {text for guide in load() for text in said(guide) if refuse(text)}
    assert stopped == SHOW_A_FALSE_ADDRESS


def test_every_answer_may_be_passed_on() -> None:
    day = date(2026, 11, 25)
    answers = [say(guide, aspect, day).text for guide in load() for aspect in (Aspect.OVERVIEW, *aspects_of(guide))]
    stopped = {line for answer in answers if refuse(answer) for line in answer.splitlines() if refuse(line)}
    assert all("dichvucong-gov.vn.xyz" in line for line in stopped), stopped


def test_it_keeps_what_it_was_measured_to_do() -> None:
    report = measure(read(), {name: read(path) for name, path in BLIND.items()})
    tuned, held, blind, third = (report[name]["as_typed"] for name in ("tuned", "held", "blind", "third hand"))
    assert tuned["leaks"]["hits"] == 0
    assert tuned["false_alarms"]["share"] <= 0.03
    assert held["leaks"]["share"] <= 0.03
    assert held["false_alarms"]["share"] <= 0.08
    assert blind["leaks"]["share"] <= 0.07
    assert blind["false_alarms"]["share"] <= 0.03
    assert third["leaks"]["share"] <= 0.13
    assert third["false_alarms"]["share"] <= 0.05


# Written after a first fit had stopped "Dạ bác chờ em chút", by another hand than the examples.
EVERYDAY = (
    "Dạ",
    "Dạ bác chờ em chút",
    "Dạ em đây",
    "Bác làm theo nhé",
    "Vâng ạ",
    "ok bác",
    "chào bác",
    "Em nghe ạ",
    "Bác cần gì ạ",
    "alo",
    "Em chào bác, em là Hoa ở tổ công nghệ số",
    "Bác gửi giúp em tên xã",
    "Bác chụp màn hình lỗi gửi em xem",
    "Bác ra công an xã làm nhé",
    "Bác đang ở bước nào rồi",
    "được rồi bác",
    "Số điện thoại bác là gì để em gọi",
    "Mai bác mang căn cước ra xã nhé",
    "Lệ phí 15.000 đồng bác nộp trên cổng nhé",
    "Em gọi bác sau 5 phút nữa",
    "Bác tắt máy mở lại thử xem",
    "không sao đâu bác",
    "Bác bấm vào nút Đăng nhập",
    "bác đợi mã về máy rồi nhập vào app nha",
    "em đang xem, bác đợi em tí",
    "bác tên gì ạ",
    "cháu chào ông",
    "dạ cháu nghe đây ông ơi",
    "bác thử lại chưa ạ",
    "giờ bác thấy gì trên màn hình",
    "dạ đúng rồi bác",
    "bác bấm tiếp tục giúp em",
    "sau đó bác chọn Cấp lại",
    "thế được chưa bác",
    "dạ không có gì ạ",
    "cảm ơn bác đã chờ",
    "em hỏi lại anh công an rồi báo bác",
    "bác có điện thoại thông minh không ạ",
    "con bác giúp bác được không",
    "bác đến nhà văn hóa thôn lúc 8 giờ sáng mai nhé",
    "bác nhớ mang theo căn cước",
    "hồ sơ của bác đang chờ xử lý",
    "bác vào mục Tra cứu hồ sơ",
    "việc này không mất tiền đâu bác",
    "bác đừng đưa mã OTP cho ai nhé",
    "bác quên mật khẩu thì bấm Quên mật khẩu",
    "hai hôm nữa bác xem lại nhé",
    "da bac cho em ti",
    "dạ bác nói rõ hơn giúp em",
    "bác gửi lại ảnh rõ hơn nhé",
    "ảnh mờ quá bác chụp lại giúp em",
    "bác đọc giúp em dòng chữ đỏ trên màn hình",
    "bác cho em xin mã hồ sơ",
    "bác cho em hỏi bác ở thôn nào",
    "trung tâm làm việc từ 7 giờ 30",
    "bác gọi tổng đài 1900 0368",
    "em chuyển cho anh An rành hơn nhé",
    "xong rồi bác nhé",
    "em đóng yêu cầu nhé bác",
    "chúc bác mạnh khỏe",
    "phí chuyển phát bác trả cho bưu điện",
    "bác nộp 2 bản sao ở quầy",
    "nộp phí xong bác chụp biên lai lưu lại",
    "tiền phạt bác nộp trên Cổng, không đưa ai",
    "còn nữa ạ",
    "bác bấm vào k17 giúp cháu",
    "bác chờ chút, cháu xem k17",
)


def test_what_volunteers_say_all_day_passes() -> None:
    assert [text for text in EVERYDAY if refuse(text)] == []
