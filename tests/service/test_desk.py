"""A small day at the desk: people at once, kills, duplicates, flood waits, deleted topics; nothing is lost or doubled."""

from __future__ import annotations

from evaluation.desk.measure import measure


def test_kills_and_faults_lose_and_double_nothing() -> None:
    progress: list[str] = []
    report = measure(citizens=12, volunteers=4, kills=2, seed=1, say=progress.append)
    zeros = {name: report[name] for name in ZERO}
    assert zeros == dict.fromkeys(ZERO, 0), (report["examples"], progress)
    assert report["kills"] == 2
    assert report["tickets"] >= 12
    # Otherwise nothing of it was tried.
    assert report["messages_in"] > 50
    assert report["first_answers"] > 0


ZERO = (
    "messages_lost", "messages_doubled", "messages_astray", "tickets_double_claimed", "tickets_unexplained",
    "reminders_doubled", "guard_leaks", "notes_leaked", "unsettled",
)  # fmt: skip
