"""Telegram end to end: the real service against a Bot API over real HTTP."""

from __future__ import annotations

import sqlite3

import httpx

from tests.service.processes import FakeTelegram, Service, wait_for


def answers(telegram: FakeTelegram, chat: int, count: int) -> list[dict]:
    return wait_for(
        lambda: (said := telegram.from_bot(chat))[count - 1 :] and said, 30, f"answer {count} in chat {chat}"
    )


def test_a_question_gets_its_answer_with_buttons(service: Service, telegram: FakeTelegram) -> None:
    telegram.say(5001, "quen mat khau vneid phai lam sao")
    said = answers(telegram, 5001, 1)[0]
    assert "Quên mật khẩu VNeID" in said["text"]
    assert "Nguồn:" in said["text"]
    labels = [key["text"] for row in said["reply_markup"]["inline_keyboard"] for key in row]
    assert "Gặp người hỗ trợ" in labels


def test_a_tap_is_answered_and_its_clock_stopped(service: Service, telegram: FakeTelegram) -> None:
    telegram.say(5002, "quên mật khẩu vneid")
    said = answers(telegram, 5002, 1)[0]
    data = next(
        k["callback_data"] for row in said["reply_markup"]["inline_keyboard"] for k in row if k["text"] == "Các bước"
    )
    telegram.control("tap", chat_id=5002, message_id=said["message_id"], data=data, user_id=5002)
    assert "1. Mở VNeID" in answers(telegram, 5002, 2)[1]["text"]
    assert httpx.get(f"{telegram.url}/_ctl/stats").json()["answerCallbackQuery"] >= 1


def test_the_same_update_twice_is_one_turn(service: Service, telegram: FakeTelegram) -> None:
    update = telegram.say(5003, "quên mật khẩu vneid")
    answers(telegram, 5003, 1)
    telegram.control("dup", update_id=update)
    telegram.say(5003, "/trogiup")
    assert "Em trả lời được về" in answers(telegram, 5003, 2)[1]["text"]
    assert len(telegram.from_bot(5003)) == 2


def test_a_corrected_message_is_asked_anew(service: Service, telegram: FakeTelegram) -> None:
    telegram.say(5004, "asdf")
    answers(telegram, 5004, 1)
    person = {"id": 5004, "is_bot": False, "first_name": "Chi"}
    chat = {"id": 5004, "type": "private", "first_name": "Chi"}
    edited = {"message_id": 1, "date": 1, "edit_date": 2, "chat": chat, "from": person, "text": "quên mật khẩu vneid"}
    telegram.control("update", edited_message=edited)
    assert "Quên mật khẩu VNeID" in answers(telegram, 5004, 2)[1]["text"]


def test_groups_are_left_alone(service: Service, telegram: FakeTelegram) -> None:
    telegram.control("inject", chat_id=-100, user_id=5005, text="quên mật khẩu vneid")
    telegram.say(5005, "quên mật khẩu vneid")
    answers(telegram, 5005, 1)
    assert telegram.from_bot(-100) == []


def test_a_flood_limit_only_delays(service: Service, telegram: FakeTelegram) -> None:
    telegram.control("fault", method="sendMessage", status=429, retry_after=1, times=1)
    telegram.say(5006, "quên mật khẩu vneid")
    assert len(answers(telegram, 5006, 1)) == 1


def test_somebody_who_blocked_the_bot_stops_nobody_else(service: Service, telegram: FakeTelegram) -> None:
    telegram.control("block", chat_id=5007)
    telegram.say(5007, "chào")
    telegram.say(5008, "chào")
    assert answers(telegram, 5008, 1)
    assert telegram.from_bot(5007) == []


def test_commands_are_set_in_vietnamese(service: Service, telegram: FakeTelegram) -> None:
    commands = httpx.post(f"{telegram.url}/bot1:AAA/getMyCommands", json={"language_code": "vi"}).json()["result"]
    assert {"command": "nguoi", "description": "Gặp người hỗ trợ"} in commands


def test_no_word_and_no_token_in_the_log_and_no_number_in_the_database(
    service: Service, telegram: FakeTelegram
) -> None:
    telegram.say(5009, "số của tôi 0912345678 quên mật khẩu vneid")
    answers(telegram, 5009, 1)
    folder = service.data_dir
    log = (folder / "logs" / "tro-ly.log").read_text(encoding="utf-8") + service.log.read_text(encoding="utf-8")
    assert "1:AAA" not in log
    assert "mật khẩu vneid" not in log
    with sqlite3.connect(folder / "tro-ly.db") as db:
        dump = "\n".join(db.iterdump())
    assert "0912345678" not in dump
    assert "[số điện thoại đã che]" in dump
