"""`after_call`: what is known of a call that is over, and what models find in it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final

from livekit.agents import ChatContext, llm

from runner.egress.report import CallReport
from runner.link.sent import sends_summary
from runner.schema.lifecycle import EXTRACT, AfterCall
from runner.schema.providers import chosen
from runner.session.call import Call
from runner.session.clock import within
from runner.session.errors import CannotStartError, MisfitError
from runner.session.events import Event, MessageEvent
from runner.session.lifecycle.measures import latencies, tokens
from runner.session.lifecycle.verdicts import verdict_of
from runner.session.memory import CallersMemory
from runner.session.models.providers import Models
from runner.session.values.conversion import convert, missing
from runner.template import as_data

log = logging.getLogger("lkrun")

MODEL_SECONDS: Final = 60.0
"""Seconds in which models have to have read a talk."""

_TASK: Final = (
    "You read the transcript of a phone call that is over. Call 'extract' once with what was said "
    "in it. Leave out what was not said; never guess."
)


_SUMMARISE: Final = (
    "You read the transcript of a phone call that is over. Say in at most three sentences, in the "
    "language of the call, what it was about and what was agreed. Never guess."
)


class Aftermath:
    """Listens to a call, and says what is known of it.

    Args:
        call: the call.
        models: makes those that read the talk: the call's own are closed by then.
        memory: what is left of it for the caller's next one.
    """

    def __init__(self, call: Call, models: Callable[[], Models], memory: CallersMemory) -> None:
        """Nothing has been said."""
        self._call, self._models, self._memory = call, models, memory
        self._events: list[Event] = []

    @property
    def spec(self) -> AfterCall | None:
        """What the agent wants."""
        return self._call.bound.release.agent.after_call

    @property
    def wanted(self) -> bool:
        """Whether anything is done with the call once it is over, for which it is read."""
        return self.spec is not None or self._sums_up

    @property
    def _sums_up(self) -> bool:
        """Whether the caller's next call is to know what this one was about."""
        return self._memory.spec is not None and self._memory.spec.summary

    def heard(self, event: Event) -> None:
        """Take what happens, as everybody is told of it: private values are masked."""
        if self.wanted and self._call.recording.kept:
            self._events.append(event)

    def report(self, ended_by: str = "") -> CallReport:
        """What is known now."""
        bound, facts = self._call.bound, self._call.bound.context.facts
        ended = bound.context.now()
        private = bound.release.private_names
        session = getattr(self._call, "session", None)  # it is not there before it is built
        messages = [e for e in self._events if isinstance(e, MessageEvent)]
        return CallReport(
            session=facts.id,
            values={n: v for n, v in bound.context.sent().items() if n not in private},
            transcript=tuple((str(m.role), m.text) for m in messages),
            started=facts.started.astimezone(ended.tzinfo).isoformat(timespec="seconds"),
            ended=ended.isoformat(timespec="seconds"),
            duration=round(max(0.0, (ended - facts.started).total_seconds()), 3),
            ended_by=ended_by,
            usage=tokens(session),
            latency=latencies(session),
            **self._memory.left(),
        )

    async def whole(self, ended_by: str) -> CallReport:
        """The same once the call is over, with what models find in it."""
        report = replace(self.report(ended_by), final=True)
        wanted = self._wanted(report)
        if not wanted or not report.transcript:
            return report
        models = self._models()
        try:
            async with within(self._call.clock, MODEL_SECONDS):
                parts = await self._found(models, wanted)
            return replace(report, **parts)
        except TimeoutError:
            log.warning("after_call: the model had not read the call after %gs", MODEL_SECONDS)
            return report
        except CannotStartError as error:
            log.warning("after_call: the call was not read by a model: %s", error)
            return report
        finally:
            await models.aclose()

    def _holds(self, spec: AfterCall, report: CallReport) -> bool:
        return self._call.bound.renderer.is_true(spec.condition, {"call": report.names["call"]})

    def _wanted(self, report: CallReport) -> list[Callable[[Any], Coroutine[Any, Any, Any]]]:
        wanted: list[Callable[[Any], Coroutine[Any, Any, Any]]] = []
        spec = self.spec
        if spec is not None and not self._holds(spec, report):
            spec = None
        if spec is not None and spec.extract:
            wanted.append(lambda model: self._extracted(spec, model))
        if spec is not None and spec.judge:
            wanted.append(lambda model: self._judged(spec, model))
        if (spec is not None and sends_summary(spec)) or (self._sums_up and report.who):
            wanted.append(self._summed_up)
        return wanted

    async def _found(self, models: Models, wanted: list[Any]) -> dict[str, Any]:
        release = self._call.bound.release
        persona = release.personas.get(self._call.speaking)
        spoken = self._call.bound.context.spoken
        own = chosen(persona, "llm", spoken) if persona is not None else None
        named = chosen(release.agent, "llm", spoken) or own or ()
        model = models.get("llm", named)
        parts = await asyncio.gather(*(ask(model) for ask in wanted))
        return {name: value for part in parts for name, value in part.items()}

    async def _extracted(self, spec: AfterCall, model: Any) -> dict[str, Any]:
        fields = {str(n): f.model_copy(update={"optional": True}) for n, f in spec.extract.items()}
        schema = self._call.schema.object(fields)
        tool = llm.function_tool(
            _nothing,
            raw_schema={
                "name": EXTRACT,
                "description": "Say what was said in the call.",
                "parameters": {**schema, "required": []},
            },
        )
        chat = ChatContext.empty()
        chat.add_message(role="system", content=_TASK)
        chat.add_message(role="user", content=self.report().lines)
        try:
            answer = await model.chat(chat_ctx=chat, tools=[tool], tool_choice="required").collect()
            made = next((c for c in answer.tool_calls if c.name == EXTRACT), None)
            given = json.loads(made.arguments or "{}") if made is not None else {}
        except Exception as error:  # noqa: BLE001 - whatever a model does, the rest is sent
            log.warning("after_call: nothing was extracted: %s", type(error).__name__)
            return {}
        return {"extract": self._read(fields, given if isinstance(given, dict) else {})}

    def _read(self, fields: Any, given: dict[str, Any]) -> dict[str, Any]:
        extracted: dict[str, Any] = {}
        variables, renderer = self._call.bound.variables, self._call.bound.renderer
        for name, field in fields.items():
            value = given.get(name)
            if missing(value) and field.default is not None:
                value = renderer.value(field.default)
            if missing(value):
                continue
            try:
                extracted[name] = as_data(convert(field, value, variables.choices))
            except MisfitError as problem:
                log.warning("after_call: '%s' of extract is left out: it %s", name, problem)
        return extracted

    async def _judged(self, spec: AfterCall, model: Any) -> dict[str, Any]:
        events = [event.to_json() for event in self._events]
        verdicts, reasons = {}, {}
        for judge in map(str, spec.judge):
            try:
                verdicts[judge], reasons[judge] = await verdict_of(judge, model, events)
            except Exception as error:  # noqa: BLE001 - as above
                log.warning("after_call: '%s' was not judged: %s", judge, type(error).__name__)
        return {"verdicts": verdicts, "reasons": reasons}

    async def _summed_up(self, model: Any) -> dict[str, Any]:
        chat = ChatContext.empty()
        chat.add_message(role="system", content=_SUMMARISE)
        chat.add_message(role="user", content=self.report().lines)
        try:
            answer = await model.chat(chat_ctx=chat).collect()
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("after_call: the call was not summed up: %s", type(error).__name__)
            return {}
        return {"summary": str(answer.text or "").strip()}


async def _nothing(raw_arguments: dict[str, Any]) -> None:
    """Nobody runs it: what the model gives is read."""
