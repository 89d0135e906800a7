"""kill -9 at any moment: no message is lost, none becomes two turns."""

from __future__ import annotations

import random
import sqlite3
import time
from pathlib import Path

from tests.service.processes import FakeTelegram, Service, wait_for

KILLS = 3
PEOPLE = 8


def test_kill_9_loses_nothing_and_answers_nothing_twice(tmp_path: Path, telegram: FakeTelegram) -> None:
    dice = random.Random(7)
    service = Service(tmp_path, TELEGRAM_TOKEN="1:AAA", TELEGRAM_API_URL=telegram.url)
    asked = dict.fromkeys(range(7001, 7001 + PEOPLE), 0)
    for _ in range(KILLS):
        service.start()
        for _ in range(25):
            chat = dice.choice(list(asked))
            telegram.say(chat, dice.choice(["quên mật khẩu vneid", "nộp tiền điện", "/trogiup"]))
            asked[chat] += 1
            time.sleep(dice.random() * 0.03)
        # In the middle of receiving, answering and sending.
        service.kill()
        telegram.say(7001, "/trogiup")
        asked[7001] += 1
    service.start()
    try:
        database = service.data_dir / "tro-ly.db"

        def settled() -> bool:
            with sqlite3.connect(database) as db:
                (kept, waiting), (unsent,) = (
                    db.execute("SELECT count(*), sum(turn_id IS NULL) FROM inbox").fetchone(),
                    db.execute("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')").fetchone(),
                )
            return kept == sum(asked.values()) and not waiting and not unsent

        wait_for(settled, 60, "everything answered and sent")
        with sqlite3.connect(database) as db:
            assert db.execute("SELECT count(*) - count(DISTINCT update_id) FROM inbox").fetchone() == (0,)
            # Each turn's reply was sent; short messages of one person may share a turn, none has two.
            turns, replies = db.execute(
                "SELECT count(DISTINCT turn_id), (SELECT count(*) FROM outbox) FROM inbox"
            ).fetchone()
            assert turns == replies
            assert db.execute("SELECT count(*) FROM outbox WHERE state <> 'sent'").fetchone() == (0,)
            per_chat = dict(
                db.execute(
                    "SELECT chat, count(*) FROM outbox JOIN conversation ON conversation.id = conversation_id GROUP BY chat"
                )
            )
        for chat in asked:
            # A reply in flight at a kill may arrive twice, never not at all.
            assert len(telegram.from_bot(chat)) >= per_chat[str(chat)]
            assert len(telegram.from_bot(chat)) <= per_chat[str(chat)] + KILLS
    finally:
        assert service.stop() == 0
