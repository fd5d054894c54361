"""Every sentence that lkrun itself says: its name, who it is for, and what may stand in it.

The words stand in `words/`, a file for each language; `en` has all that there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class OwnText:
    """A sentence of lkrun's own.

    Attributes:
        name: what it goes by below `texts:`.
        said: when it is said.
        names: what its templates may use besides the call's own names.
        heard: whether the caller hears it exactly so; else the model is told it.
    """

    name: str
    said: str
    names: tuple[str, ...] = ()
    heard: bool = False


HEARD: Final = (
    OwnText("apology", "an answer failed, and the call goes on", heard=True),
    OwnText("call_later", "the call cannot begin or go on", heard=True),
    OwnText("not_yet", "an action leads to a persona whose if: is not true", heard=True),
    OwnText("is_it_right", "a need is confirmed without words of its own", ("value",), heard=True),
    OwnText("is_it_right_spelled", "the same, with spell: yes", ("value", "letters"), heard=True),
    OwnText("keys_few", "too few keys were pressed", heard=True),
    OwnText("keys_many", "too many keys were pressed", heard=True),
    OwnText("keys_wrong", "a key was pressed that is no digit", heard=True),
    OwnText("keys_none", "no key was pressed", heard=True),
    OwnText("keys_unfit", "what was pressed does not fit", heard=True),
    OwnText("one_moment", "while_thinking: and while_waiting: have no words", heard=True),
    OwnText("goodbye", "max_duration: is over, and there is no farewell:", heard=True),
    OwnText("nobody", "the persona that an action hands over to cannot be reached", heard=True),
    OwnText("not_put_through", "an action's transfer_call: has failed", heard=True),
)
"""What callers hear."""

HANDOFFS: Final = (
    OwnText("take_over", "a persona is handed a call in which nobody has said anything"),
    OwnText("handoff_tool", "describes a handoff", ("persona", "when")),
    OwnText("handoff_with_needs", "follows it, where the persona asks for something"),
    OwnText("handed_over", "the call is handed over", ("persona",)),
    OwnText("handoff_already", "another handoff is under way"),
    OwnText("handoff_not_now", "a handoff is closed", ("persona",)),
    OwnText("handoff_failed", "the persona that takes over cannot be built", ("persona",)),
    OwnText("handoff_circle", "personas hand the call to each other without end"),
    OwnText("handoff_closed", "an action leads to a persona whose if: is not true", ("persona",)),
    OwnText("handoff_instead", "the model ends the call and hands it over at once", ("persona",)),
    OwnText("summarise", "a handoff has context: summary"),
)

TOOLS: Final = (
    OwnText("tool_unknown", "there is no such tool", ("tool",)),
    OwnText("tool_not_run", "the arguments of a call do not fit", ("tool", "problem")),
    OwnText("tool_too_early", "something is still asked for", ("tool", "needs")),
    OwnText("tool_not_now", "the if: of a tool is not true", ("tool",)),
    OwnText("tool_used_up", "the max_uses: of a tool is reached", ("tool", "times")),
    OwnText("tool_not_allowed", "a rule of a tool without words refuses it"),
    OwnText("tool_running", "the same call is being done already", ("tool",)),
    OwnText("tool_begun_anew", "if_already_running: replace", ("tool",)),
    OwnText("tool_in_background", "a tool works in the background", ("tool",)),
    OwnText("tool_failed", "the code of a package fails"),
    OwnText("tool_done", "a tool has nothing to tell"),
    OwnText("call_over", "a tool is called after the end"),
    OwnText("call_ends", "a tool ends the call"),
    OwnText("say_goodbye", "end_call: yes"),
    OwnText("caller_waits", "the tool wait"),
    OwnText("caller_left", "the caller leaves while a service is asked"),
    OwnText("was_said", "a tool of the kind say"),
    OwnText("stored", "a tool of the kind set"),
    OwnText("not_stored", "its values do not fit", ("problems",)),
    OwnText("nothing_stored", "remember is called with nothing", ("names",)),
    OwnText("list_unchanged", "a line of a list cannot be changed", ("list", "problem")),
    OwnText("failed", "a service fails", ("reason",)),
    OwnText("service_not_asked", "the reason: a request cannot be sent"),
    OwnText("service_unreachable", "the reason: there is no connection"),
    OwnText("service_late", "the reason: no answer in time"),
    OwnText("service_busy", "the reason: too many requests"),
    OwnText("service_unusable", "the reason: the answer cannot be read"),
    OwnText("service_declined", "the reason: its answer is a failure by fails_if:"),
    OwnText("service_status", "the reason: a status that is no success", ("status",)),
    OwnText("service_needs", "the reason: an argument is missing", ("name",)),
)

DESCRIPTIONS: Final = (
    OwnText("describe_add_to", "describes a tool of the kind add_to", ("list",)),
    OwnText("describe_change_in", "describes a tool of the kind change_in", ("list",)),
    OwnText("describe_remove_from", "describes a tool of the kind remove_from", ("list",)),
    OwnText("describe_end_call", "describes the tool end_call"),
    OwnText("describe_remember", "describes the tool remember"),
    OwnText("describe_wait", "describes the tool wait"),
    OwnText("describe_fill_in", "describes the tool by which needs are filled"),
    OwnText("describe_ask_again_for", "describes the tool by which the caller goes back"),
    OwnText("describe_confirmed", "describes its parameter confirmed"),
)

CONFIRMATIONS: Final = (
    OwnText("confirm_ask", "confirm: yes", ("tool", "details")),
    OwnText("confirm_unheard", "its question was interrupted", ("tool",)),
    OwnText("confirm_asked", "the caller was asked", ("tool",)),
    OwnText("confirm_refused", "the caller said no", ("tool",)),
    OwnText("confirm_busy", "the caller is being asked something else", ("tool",)),
    OwnText("confirm_waits", "stands for the answer of the tool meanwhile", ("tool",)),
    OwnText("not_done", "it was overtaken", ("tool",)),
)

NEEDS: Final = (
    OwnText("need_ask", "the model asks for a need", ("what",)),
    OwnText("need_note", "the model asks again itself", ("what", "tool")),
    OwnText("need_note_said", "the question is spoken by itself", ("what", "tool")),
    OwnText("need_note_right", "a value is being confirmed", ("what", "tool")),
    OwnText("need_given_up", "tries are used up", ("need",)),
    OwnText("needs_not_given", "a tool of the kind ask ends without them", ("needs",)),
    OwnText("needs_answered", "a tool of the kind ask has its answers", ("tool", "answers")),
    OwnText("needs_asked", "a tool of the kind ask begins", ("needs",)),
    OwnText("needs_known", "it has nothing to ask"),
    OwnText("need_again", "the caller goes back", ("need",)),
    OwnText("need_not_again", "they cannot", ("need",)),
    OwnText("need_taken", "values are taken", ("needs",)),
    OwnText("need_confirmed", "a value is right", ("need",)),
    OwnText("need_wrong", "a value is wrong", ("need",)),
    OwnText("need_not_taken", "values are not taken", ("problems",)),
    OwnText("need_nothing", "no value was given"),
    OwnText("need_unanswered", "why: the caller has said nothing yet", ("need",)),
    OwnText("need_said_no", "why: the caller has said no", ("need",)),
    OwnText("need_unknown", "why: it is not asked for", ("need",)),
    OwnText("need_final", "why: final: yes", ("need",)),
)

KEYS: Final = (
    OwnText("need_ask_spell", "follows need_ask, with spell: yes"),
    OwnText("need_ask_press", "follows need_ask, with keypad: only", ("end_key",)),
    OwnText("need_note_press", "a need with keypad: only is asked for", ("what", "tool")),
    OwnText("need_note_spell", "a need with spell: yes is asked for", ("what", "tool")),
    OwnText("keys_private", "keys were pressed that may be private"),
    OwnText("keys_untaken", "keys were pressed that nothing takes", ("keys",)),
    OwnText("keys_given", "a need was pressed", ("need", "value")),
    OwnText("keys_one", "keypad: has done something", ("key",)),
    OwnText("keys_sent", "the agent has pressed keys"),
    OwnText("keys_failed", "it could not"),
    OwnText("describe_press_keys", "describes the tool press_keys"),
)

TURNS: Final = (OwnText("cut_in", "the caller talks longer than turn_limit: allows"),)

LANGUAGE: Final = (
    OwnText("speak_language", "stands behind the instructions, with languages:", ("language",)),
    OwnText("describe_switch_language", "describes the tool switch_language"),
    OwnText("language_switched", "it was called", ("language",)),
    OwnText("language_unknown", "it was called with another", ("language", "languages")),
)

TRANSFERS: Final = (
    OwnText("transfer_done", "the caller is put through to a person"),
    OwnText("transfer_failed", "they are not", ("reason",)),
    OwnText("transfer_busy", "the reason: the line is busy"),
    OwnText("transfer_nobody", "the reason: nobody answers"),
    OwnText("transfer_declined", "the reason: the call is declined"),
    OwnText("transfer_no_number", "the reason: there is no such number"),
    OwnText("transfer_no_telephone", "the reason: the caller has no telephone"),
    OwnText("transfer_impossible", "the reason: anything else"),
    OwnText("transfer_brief", "how: warm tells the person what it is about", ("language",)),
)

_GROUPS: Final = (
    HEARD, HANDOFFS, TOOLS, DESCRIPTIONS, CONFIRMATIONS, NEEDS, KEYS, TURNS, LANGUAGE, TRANSFERS,
)  # fmt: skip

TABLE: Final = {text.name: text for group in _GROUPS for text in group}
"""Name → text, in the order of the reference."""
