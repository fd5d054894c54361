"""Which language is spoken: with the caller's words, or when they ask for another."""

from __future__ import annotations

import logging
from typing import Any, Final

from livekit.agents import RunContext, ToolError, function_tool
from livekit.agents.llm import RawFunctionTool

from runner.schema.languages import SWITCH_LANGUAGE, Languages
from runner.schema.types.by_language import nearest_language
from runner.session.call import Call
from runner.session.errors import CannotStartError
from runner.session.events import LanguageEvent, ToolCallEvent, ToolResultEvent
from runner.session.values.detection import detect, ready, words_in
from runner.template.languages import name_of

log = logging.getLogger("lkrun")

MANY: Final = 3
"""Words of a turn that alone change the language; fewer do so in two turns in a row."""


class SpokenLanguage:
    """Goes from one language to another.

    Args:
        call: the call.
    """

    def __init__(self, call: Call) -> None:
        """The first one is spoken."""
        self._call = call
        self._recognised = self._before = ""

    @property
    def _languages(self) -> Languages | None:
        languages = self._call.bound.release.agent.languages
        return languages if languages is not None and languages.switchable else None

    @property
    def _follows(self) -> Languages | None:
        languages = self._languages
        return languages if languages is not None and languages.switch == "automatic" else None

    def prepare(self) -> None:
        """Begin to load what knows languages, where speech recognition does not tell them."""
        if self._follows is not None and self._call.channel == "text":
            self._call.later(ready())

    def recognised(self, language: str | None) -> None:
        """Speech recognition has told the language of words that it has just understood."""
        if language:
            self._recognised = str(language)

    async def heard(self, text: str) -> bool:
        """Go with the caller's words, about to be answered; whether the language has changed.

        One turn of three words or more changes it, or two shorter ones in a row: a name, or a word
        that was misheard, does not. Where a need is asked for it is always two.
        """
        recognised, self._recognised = self._recognised, ""
        languages = self._follows
        if languages is None or not text.strip() or self._call.over:
            return False
        if recognised:
            language = nearest_language(recognised, languages.speak)
        else:
            await ready()
            language = detect(text, languages.speak)
        if language is None:
            return False
        again, self._before = language == self._before, language
        if language == self._call.bound.context.spoken:
            return False
        is_asked = self._call.needs.is_open(self._call.persona.plan)
        if not again and (is_asked or words_in(text) < MANY):
            return False
        return await self.speak(language)

    async def speak(self, language: str) -> bool:
        """Go on in another language: its words, models, ears and voice are used from now on."""
        call, before = self._call, self._call.bound.context.spoken
        if language == before:
            return False
        call.bound.renderer.speak(language)
        try:
            await call.persona.speak_anew()
        except CannotStartError as error:
            log.error("the call goes on in '%s', not in '%s': %s", before, language, error)  # noqa: TRY400 - no traceback may reach an author
            call.bound.renderer.speak(before)
            return False
        call.events.tell(LanguageEvent(persona=call.speaking, source=before, target=language))
        call.listens()
        return True

    def tool(self) -> RawFunctionTool[..., Any] | None:
        """The tool by which the model changes it; None where it may not."""
        languages, own = self._languages, self._call.bound.renderer.own
        if languages is None:
            return None
        choice = {"type": "string", "enum": list(languages.speak)}
        schema = {
            "name": SWITCH_LANGUAGE,
            "description": own("describe_switch_language"),
            "parameters": {
                "type": "object",
                "properties": {"language": choice},
                "required": ["language"],
                "additionalProperties": False,
            },
        }

        async def switch(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> str:
            with self._call.busy():
                await ctx.wait_for_playout()
                return await self._asked(languages, str(raw_arguments.get("language", "")), ctx)

        return function_tool(switch, raw_schema=schema)

    async def _asked(self, languages: Languages, wanted: str, ctx: RunContext[Any]) -> str:
        call, call_id = self._call, ctx.function_call.call_id
        persona, arguments = call.speaking, {"language": wanted[:60]}
        call.shown.add(call_id)
        made = ToolCallEvent(
            persona=persona, name=SWITCH_LANGUAGE, arguments=arguments, call_id=call_id
        )
        call.events.tell(made)
        language = nearest_language(wanted, languages.speak) if wanted else None
        if language is not None:
            await self.speak(language)
        spoken = call.bound.context.spoken
        text = "language_switched" if language == spoken else "language_unknown"
        output = call.bound.renderer.own(
            text, language=name_of(spoken), languages=", ".join(map(name_of, languages.speak))
        )
        failed = language != spoken
        call.events.tell(
            ToolResultEvent(
                persona=persona, name=SWITCH_LANGUAGE, call_id=call_id, output=output, error=failed
            )
        )
        if failed:
            raise ToolError(output)
        return output


def told_language(call: Call) -> str:
    """What the model is told of the language that it is to speak; nothing where none is named."""
    if call.bound.release.agent.languages is None:
        return ""
    spoken = name_of(call.bound.context.spoken)
    return call.bound.renderer.own("speak_language", language=spoken)
