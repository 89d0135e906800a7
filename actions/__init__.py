"""What the bot can do: plain functions from a turn to a reply, no channel, no SQL. ACTIONS names them all."""

from __future__ import annotations

from actions import guide, person, place, record, safety, small_talk, unsure, walk
from bot.conversation.turn import Action

ACTIONS: dict[str, Action] = {
    "show_guide": guide.show_guide,
    "show_record": record.show_record,
    "ask_back_records": record.ask_back_records,
    "ask_back": unsure.ask_back,
    "ask_topic": unsure.ask_topic,
    "ask_again": unsure.ask_again,
    "abstain": unsure.abstain,
    "explain_unknown_code": unsure.explain_unknown_code,
    "explain_old_button": unsure.explain_old_button,
    "explain_media": unsure.explain_media,
    "request_person": person.request_person,
    "cancel_request": person.cancel_request,
    "tell_new_place": place.tell_new_place,
    "keep_commune": place.keep_commune,
    "show_commune": place.show_commune,
    "start_walk": walk.start_walk,
    "finish_step": walk.finish_step,
    "repeat_step": walk.repeat_step,
    "resume_walk": walk.resume_walk,
    "explain_stuck": walk.explain_stuck,
    "explain_problem": walk.explain_problem,
    "stop": walk.stop,
    "tell_emergency": safety.tell_emergency,
    "help_victim": safety.help_victim,
    "warn_secret": safety.warn_secret,
    "greet": small_talk.greet,
    "accept_thanks": small_talk.accept_thanks,
    "say_goodbye": small_talk.say_goodbye,
    "introduce": small_talk.introduce,
    "show_abilities": small_talk.show_abilities,
    "calm_complaint": small_talk.calm_complaint,
    "calm_abuse": small_talk.calm_abuse,
    "acknowledge": small_talk.acknowledge,
    "repeat": small_talk.repeat,
    "simpler": small_talk.simpler,
    "start_over": small_talk.start_over,
}
