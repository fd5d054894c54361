"""Every key of the language that a call has to do with is proved by a test."""

from __future__ import annotations

import typing
from pathlib import Path

import pytest

from runner.schema.agents import Agent
from runner.schema.fields import Field
from runner.schema.http import Request
from runner.schema.personas import Persona
from runner.schema.providers import Provider
from runner.schema.tools import Tool
from runner.schema.types.blocks import Block

ELSEWHERE = {
    "Agent.description": "the front shows it",
    "Agent.enabled": "the compiler leaves the agent out",
    "Agent.suggestions": "the page offers them",
    "Agent.labels": "records, events and metrics carry them",
    "Limits.max_calls": "the main process admits calls",
    **{
        f"Result.{key}": "the egress reads the answer"
        for key in ("fails_if", "hide", "max_size", "pick", "text")
    },
}
"""Keys that mean nothing to a conversation; so do those of a request, which the egress proves."""

PROVED = {
    "Agent.start": "test_conversation::test_greeting_is_turn_zero",
    "Agent.mode": "test_turns::test_text_rooms_have_no_audio",
    "Agent.instructions": "test_handoffs::test_instructions_of_a_persona",
    "Agent.llm": "test_models::test_fallback_answers",
    "Agent.stt": "test_voice::test_models_are_shared_and_overridden",
    "Agent.tts": "test_voice::test_models_are_shared_and_overridden",
    "Agent.vad": "test_opening::test_vad",
    "Agent.timezone": "test_templates::test_names",
    "Agent.locale": "test_templates::test_values_read_in_the_language_of_the_agent",
    "Agent.variables": "test_conversation::test_given_values_win_over_defaults",
    "Agent.tools": "test_conversation::test_agent_ends_with_its_own_goodbye",
    "Agent.handoffs": "test_handoffs::test_first_words_and_return",
    "Agent.idle": "test_voice::test_idle_prompts_then_acts",
    "Agent.limits": "test_voice::test_longest_call",
    "Agent.turn_taking": "test_opening::test_turn_taking",
    "Agent.room": "test_turns::test_room_keys",
    "Agent.reload": "test_next_turn::test_reload_is_read",
    "Agent.keyterms": "test_opening::test_keyterms",
    "Agent.pronunciations": "test_opening::test_pronunciations",
    "Idle.after": "test_voice::test_idle_prompts_then_acts",
    "Idle.say": "test_voice::test_idle_prompts_then_acts",
    "Idle.instructions": "test_voice::test_idle_prompts_then_acts",
    "Idle.times": "test_voice::test_idle_prompts_then_acts",
    "Idle.then": "test_voice::test_idle_without_words_acts_at_once",
    "Limits.max_duration": "test_voice::test_longest_call",
    "Limits.farewell": "test_voice::test_longest_call",
    "Limits.max_tool_steps": "test_tools::test_max_tool_steps_bounds_a_reply",
    "Limits.max_turn": "test_answers::test_a_turn_has_a_budget",
    "Room.audio_in": "test_turns::test_room_keys",
    "Room.audio_out": "test_turns::test_room_keys",
    "Room.text_in": "test_turns::test_room_keys",
    "Room.text_out": "test_turns::test_room_keys",
    "Room.sync_text": "test_turns::test_room_keys",
    "Room.auto_gain": "test_turns::test_room_keys",
    "Room.close_on_disconnect": "test_turns::test_room_keys",
    "Room.video_in": "test_turns::test_room_keys",
    "Room.delete_on_close": "test_turns::test_room_keys",
    "Room.participants": "test_turns::test_room_keys",
    "Room.identity": "test_turns::test_room_identity_and_text",
    "TurnTaking.detection": "test_turns::test_turn_handling",
    "TurnTaking.min_delay": "test_turns::test_turn_handling",
    "TurnTaking.max_delay": "test_turns::test_turn_handling",
    "TurnTaking.adapt_delay": "test_turns::test_turn_handling",
    "TurnTaking.preemptive_generation": "test_turns::test_turn_handling",
    "TurnTaking.interruptions": "test_turns::test_turn_handling",
    "TurnTaking.turn_limit": "test_voice::test_turn_limit_acts",
    "PersonaTurns.detection": "test_voice::test_models_are_shared_and_overridden",
    "PersonaTurns.min_delay": "test_turns::test_persona_turns",
    "PersonaTurns.max_delay": "test_turns::test_turn_handling",
    "PersonaTurns.adapt_delay": "test_turns::test_turn_handling",
    "PersonaTurns.preemptive_generation": "test_turns::test_turn_handling",
    "PersonaTurns.interruptions": "test_turns::test_persona_turns",
    "PersonaInterruptions.allow": "test_turns::test_turn_handling",
    "PersonaInterruptions.how": "test_turns::test_persona_turns",
    "Interruptions.allow": "test_turns::test_turn_handling",
    "Interruptions.how": "test_turns::test_turn_handling",
    "Interruptions.min_duration": "test_turns::test_turn_handling",
    "Interruptions.min_words": "test_turns::test_turn_handling",
    "Interruptions.resume": "test_turns::test_turn_handling",
    "Interruptions.ignore_within": "test_turns::test_turn_handling",
    "Interruptions.keep_audio": "test_turns::test_turn_handling",
    "Preemptive.speech": "test_turns::test_turn_handling",
    "Preemptive.max_speech": "test_turns::test_turn_handling",
    "Preemptive.max_tries": "test_turns::test_turn_handling",
    "TurnLimit.max_words": "test_turns::test_turn_handling",
    "TurnLimit.max_duration": "test_turns::test_turn_handling",
    "TurnLimit.then": "test_voice::test_turn_limit_acts",
    "Persona.instructions": "test_handoffs::test_instructions_of_a_persona",
    "Persona.instructions_file": "test_opening::test_prompt_files",
    "Persona.greeting": "test_conversation::test_greeting_is_turn_zero",
    "Persona.on_handoff": "test_handoffs::test_first_words_and_return",
    "Persona.on_return": "test_handoffs::test_first_words_and_return",
    "Persona.tools": "test_actions::test_then_say_is_the_answer",
    "Persona.handoffs": "test_handoffs::test_handoff_with_words",
    "Persona.llm": "test_opening::test_persona_has_its_own_model",
    "Persona.stt": "test_voice::test_models_are_shared_and_overridden",
    "Persona.tts": "test_voice::test_models_are_shared_and_overridden",
    "Persona.vad": "test_voice::test_models_are_shared_and_overridden",
    "Persona.turn_taking": "test_voice::test_models_are_shared_and_overridden",
    "Handoff.when": "test_handoffs::test_handoff_tool_is_described",
    "Handoff.if": "test_handoffs::test_handoff_has_a_gate",
    "Handoff.say": "test_handoffs::test_no_double_speech",
    "Handoff.context": "test_handoffs::test_shorter_contexts",
    "Say.say": "test_actions::test_then_say_is_the_answer",
    "Say.interruptible": "test_opening::test_words_that_cannot_be_interrupted",
    "Instruct.instructions": "test_actions::test_then_instructions_go_with_the_answer",
    "Instruct.interruptible": "test_opening::test_words_that_cannot_be_interrupted",
    "Set.set": "test_actions::test_then_conditions_and_set",
    "RunTool.tool": "test_actions::test_then_tool",
    "RunTool.with": "test_actions::test_then_tool",
    "HandOff.handoff": "test_actions::test_then_handoff",
    "EndCall.end_call": "test_actions::test_then_end_call",
    **{
        f"{action}.if": "test_actions::test_then_conditions_and_set"
        for action in ("Say", "Instruct", "Set", "RunTool", "HandOff", "EndCall")
    },
    **{
        f"{tool}.{key}": f"test_tools::{test}"
        for tool, own in {
            "HttpTool": "test_http_tool_asks_the_egress",
            "SayTool": "test_say_tool_is_the_answer",
            "SetTool": "test_set_tool_stores",
            "AddTo": "test_order_grows_and_shrinks",
            "ChangeIn": "test_order_grows_and_shrinks",
            "RemoveFrom": "test_order_grows_and_shrinks",
            "Remember": "test_own_remember_names_its_variables",
            "EndCallTool": "test_end_call_words_come_first",
            "Wait": "test_wait_is_silent",
        }.items()
        for key, test in {
            "description": "test_descriptions_are_rendered",
            "parameters": own,
            "if": "test_tool_is_offered_only_while_its_condition_holds",
        }.items()
    },
    **{
        f"{tool}.then": "test_actions::test_then_say_is_the_answer"
        for tool in (
            [
                "HttpTool",
                "SayTool",
                "SetTool",
                "AddTo",
                "ChangeIn",
                "RemoveFrom",
                "Remember",
                "EndCallTool",
                "Wait",
            ]
        )
    },
    "HttpTool.http": "test_tools::test_http_tool_asks_the_egress",
    "HttpTool.result": "test_tools::test_saved_values_become_variables",
    "HttpTool.on_error": "test_actions::test_on_error_actions",
    "Result.save": "test_tools::test_saved_values_become_variables",
    "SayTool.say": "test_tools::test_say_tool_is_the_answer",
    "SetTool.set": "test_tools::test_set_tool_stores",
    "AddTo.add_to": "test_tools::test_order_grows_and_shrinks",
    "ChangeIn.change_in": "test_tools::test_order_grows_and_shrinks",
    "RemoveFrom.remove_from": "test_tools::test_order_grows_and_shrinks",
    "Remember.remember": "test_tools::test_own_remember_names_its_variables",
    "EndCallTool.end_call": "test_tools::test_end_call_words_come_first",
    "Wait.wait": "test_tools::test_wait_is_silent",
    "Field.type": "test_conversion::test_every_type_is_tried",
    "Field.description": "test_parameters::test_fields_as_json_schema",
    "Field.optional": "test_parameters::test_required",
    "Field.default": "test_tools::test_http_tool_asks_the_egress",
    "Field.choices": "test_conversion::test_choices",
    "Field.choices_from": "test_tools::test_choices_follow_their_variable",
    "Field.min": "test_conversion::test_bounds",
    "Field.max": "test_conversion::test_bounds",
    "Field.pattern": "test_conversion::test_bounds",
    "Field.of": "test_conversion::test_lists_of_types_and_records",
    "Field.fields": "test_conversion::test_objects",
    "Field.private": "test_opening::test_private_values_are_masked",
    "LlmProvider.llm": "test_models::test_built_once",
    "SttProvider.stt": "test_models::test_lists_of_voices_and_ears",
    "TtsProvider.tts": "test_models::test_lists_of_voices_and_ears",
    "VadProvider.vad": "test_opening::test_vad",
    **{
        f"{kind}Provider.with": "test_models::test_options_are_rendered"
        for kind in ("Llm", "Stt", "Tts", "Vad")
    },
}
"""Key → the test that proves what it does in a call."""


def blocks(annotation, found):
    """All blocks that can stand in this annotation, and below."""
    if isinstance(annotation, type) and issubclass(annotation, Block):
        if annotation not in found:
            found.add(annotation)
            for info in annotation.model_fields.values():
                blocks(info.annotation, found)
    else:
        for inner in typing.get_args(annotation):
            blocks(inner, found)
    return found


def keys():
    """Every key of an agent and of all that it reaches."""
    found = set()
    for annotation in (Agent, Persona, Tool, Provider, Field):
        blocks(annotation, found)
    return {f"{block.__name__}.{key}" for block in found for key in block.keys()}  # noqa: SIM118 - no dict: the keys of the language


def keys_of_requests():
    """Every key of what stands below `http`."""
    return {f"{block.__name__}.{key}" for block in blocks(Request, set()) for key in block.keys()}  # noqa: SIM118 - as above


def test_every_key_is_proved():
    """No key is accepted in a folder that nobody has proved to work in a call."""
    assert keys() == set(PROVED) | set(ELSEWHERE) | keys_of_requests()


@pytest.mark.parametrize("test", sorted(set(PROVED.values())))
def test_proofs_exist(test):
    """Each test that this table names is there."""
    file, _, name = test.partition("::")
    text = (Path(__file__).parent / f"{file}.py").read_text()
    assert f"def {name}(" in text
