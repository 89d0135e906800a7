"""Step-by-step mode: one step a message, with Xong / Bị kẹt / Nhắc lại / Dừng; it waits over a pause."""

from __future__ import annotations

from actions.person import with_person
from bot import sentences
from bot.conversation.context import Walk
from bot.conversation.turn import Turn
from bot.messages import Button, Reply
from knowledge import answer
from knowledge.guide import Aspect, Guide

_STEP_BUTTONS = (
    Button(sentences.DONE, "w+"), Button(sentences.STUCK, "w?"), Button(sentences.AGAIN, "w!"), Button(sentences.STOP, "w."),
)  # fmt: skip
_PERSON = Button(sentences.PERSON, "person")
# More problems than this do not fit under one message on a small phone.
_MAX_PROBLEMS = 6


def start_walk(turn: Turn) -> Reply:
    """Begin with the first step of turn.guide."""
    assert turn.guide is not None
    turn.context.walk = Walk(guide=turn.guide.id)
    return _show_step(turn, turn.guide)


def finish_step(turn: Turn) -> Reply:
    """Go on to the next step, or tell that all is done."""
    guide = _walked(turn)
    if guide is None or turn.context.walk is None:
        return Reply("answered_acknowledged", sentences.AFFIRM_NOTHING)
    turn.context.walk.step += 1
    total = len(answer.steps(guide))
    if turn.context.walk.step < total:
        return _show_step(turn, guide)
    turn.context.walk = None
    result = f"Mình nhận được: {guide.result}.\n" if guide.result else ""
    return Reply(
        "answered_steps_finished", sentences.WALK_FINISHED.format(total=total, result=result), title=guide.title,
        guide=guide.id, aspect=Aspect.STEPS, buttons=(_PERSON,),
    )  # fmt: skip


def repeat_step(turn: Turn) -> Reply:
    """Say the current step again."""
    guide = _walked(turn)
    return _show_step(turn, guide) if guide else _no_walk()


def resume_walk(turn: Turn) -> Reply:
    """Come back after a pause or after a problem was explained."""
    guide = _walked(turn)
    if guide is None or turn.context.walk is None:
        return _no_walk()
    turn.notes.append(sentences.WALK_RESUMED.format(number=turn.context.walk.step + 1, total=len(answer.steps(guide))))
    return _show_step(turn, guide)


def explain_stuck(turn: Turn) -> Reply:
    """Offer the known problems of the guide at hand, and a person."""
    guide = _walked(turn) or turn.services.search.index.guides.get(turn.context.guide or "")
    if guide is None or not guide.problems:
        reply = Reply("abstained_stuck", sentences.STUCK_UNKNOWN, buttons=(_PERSON,), guide=guide.id if guide else None)
        return with_person(turn, reply, "stuck")
    known = [Button(problem.symptom, f"x:{i}:{guide.id}") for i, problem in enumerate(guide.problems[:_MAX_PROBLEMS])]
    return Reply(
        "asked_back_problem", sentences.STUCK_WITH, title=guide.title, guide=guide.id, aspect=Aspect.PROBLEM,
        buttons=(*known, Button(sentences.OTHER_PROBLEM, "person")),
    )  # fmt: skip


def explain_problem(turn: Turn) -> Reply:
    """Tell the fix of one known problem."""
    assert turn.guide is not None
    problem = turn.guide.problems[int(turn.argument)]
    resume = (Button(sentences.CONTINUE, "w>"),) if turn.context.walk else ()
    text = sentences.STUCK_FIX.format(fix=problem.fix) if resume else problem.fix
    return Reply(
        "answered_steps_problem", f"{text}\n{answer.source_line(turn.guide)}", title=problem.symptom, guide=turn.guide.id,
        aspect=Aspect.PROBLEM, buttons=(*resume, _PERSON),
    )  # fmt: skip


def stop(turn: Turn) -> Reply:
    """Leave the step-by-step mode; the place is kept, so that "làm tiếp" works."""
    return Reply("answered_stopped", sentences.STOPPED)


def _walked(turn: Turn) -> Guide | None:
    walk = turn.context.walk
    guide = turn.services.search.index.guides.get(walk.guide) if walk else None
    # The guide may have been edited since: its steps may be fewer now.
    return guide if walk and guide and walk.step < len(answer.steps(guide)) else None


def _show_step(turn: Turn, guide: Guide) -> Reply:
    assert turn.context.walk is not None
    steps, number = answer.steps(guide), turn.context.walk.step + 1
    lines = [sentences.WALK_STEP.format(number=number, total=len(steps), step=steps[number - 1])]
    if guide.warnings and any(
        word in steps[number - 1].lower() for word in ("otp", "tiền", "thanh toán", "cài", "mật khẩu")
    ):
        lines.append(f"⚠ {guide.warnings[0]}")
    lines.append(sentences.WALK_HINT if number == 1 else "")
    if number == len(steps):
        lines.append(answer.source_line(guide))
    return Reply(
        "answered_steps", "\n".join(line for line in lines if line), title=guide.title, guide=guide.id,
        aspect=Aspect.STEPS, buttons=_STEP_BUTTONS,
    )  # fmt: skip


def _no_walk() -> Reply:
    return Reply("answered_no_walk", sentences.WALK_NONE)
