"""A running call takes another release of its agent, between two turns (`reload: next_turn`)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

from runner.egress.providers import ProviderNetwork
from runner.link.differences import of_agent, path
from runner.link.release import AgentRelease
from runner.provider_kinds import KINDS
from runner.schema.agents import Agent
from runner.session.bound_release import BoundRelease
from runner.session.call import Call
from runner.session.errors import CallOverError, CannotRenewError, CannotStartError
from runner.session.models.known_secrets import Secrets
from runner.session.models.providers import Models, close
from runner.session.observers.timers import CallTimers
from runner.session.personas.persona import LivePersona, speaker
from runner.session.settings.live import LiveSettings
from runner.session.settings.session import idle_of
from runner.session.tasks.readiness import between_turns
from runner.session.tools.servers import with_known_servers
from runner.session.values.defaults import set_defaults
from runner.session.values.variables import Variables

log = logging.getLogger("lkrun")

ENDED = "the call has ended"
NEWER = "a newer release has come"


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a call has taken of another release.

    Attributes:
        live: paths of changed keys that count from now on, such as `personas.desk.instructions`.
        waiting: paths of changed keys that count from the next handoff or the next call.
    """

    live: tuple[str, ...]
    waiting: tuple[str, ...]


def renewed(before: AgentRelease, after: AgentRelease, speaking: str) -> Renewed:
    """Tell what of another release a call can take while it runs.

    Args:
        before: the release that it has.
        after: the other.
        speaking: the persona that speaks.
    """
    live: list[str] = []
    waiting: list[str] = []
    for each in of_agent(before, after):
        if each.live == "start":
            continue
        silent = each.location[0] == "personas" and each.location[1] != speaking
        now = each.live == "now" or (each.live == "visit" and silent)
        (live if now else waiting).append(path(each.location))
    # entries of one list are one key
    return Renewed(tuple(dict.fromkeys(live)), tuple(dict.fromkeys(waiting)))


class Renewal:
    """Takes releases into one call, one at a time; of several that wait the newest is taken."""

    def __init__(self, call: Call, watch: CallTimers, queue: asyncio.Lock) -> None:
        """Wait for the first; `queue` is held by who takes what the caller writes."""
        self._call, self._timers, self._queue = call, watch, queue
        self._waiting: asyncio.Timeout | None = None
        self._reason = NEWER
        self._closing: set[asyncio.Task[None]] = set()

    async def take(
        self,
        release: AgentRelease,
        secrets: Secrets | None,
        network: ProviderNetwork | None = None,
    ) -> Renewed:
        """Wait for the end of what is being said and done, then go on with another release.

        Raises:
            CannotRenewError: the call cannot take it; then nothing has changed.
        """
        self._check(release)
        self.stop(NEWER)
        waiting = asyncio.timeout(None)
        try:
            async with waiting:
                self._waiting = waiting
                if self._call.channel == "text":
                    async with self._queue:
                        await self._quiet()
                        return await self._apply(release, secrets, network)
                await self._quiet(self._queue)
                return await self._apply(release, secrets, network)
        except TimeoutError:
            raise CannotRenewError(self._reason) from None
        finally:
            if self._waiting is waiting:
                self._waiting = None

    def stop(self, reason: str = ENDED) -> None:
        """Let what waits go: it is not taken."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._reason = reason
            waiting.reschedule(asyncio.get_running_loop().time())

    async def closed(self) -> None:
        """Wait until all that was replaced is closed."""
        if self._closing:
            await asyncio.wait(self._closing)

    def _check(self, release: AgentRelease) -> None:
        """Refuse what no call can take.

        Raises:
            CannotRenewError: why.
        """
        call, agent = self._call, release.agent
        if call.over:
            raise CannotRenewError(ENDED)
        if release.name != call.bound.release.name:
            raise CannotRenewError(f"the release is one of '{release.name}', another agent")
        if agent.mode != call.bound.release.agent.mode:
            raise CannotRenewError(
                f"'agents.{release.name}.mode' has changed, which only a new call can take"
            )

    async def _quiet(self, queue: asyncio.Lock | None = None) -> None:
        """Wait for the end of what is being said and done."""
        try:
            await between_turns(self._call, queue)
        except CallOverError:
            raise CannotRenewError(ENDED) from None

    async def _apply(
        self, release: AgentRelease, secrets: Secrets | None, network: ProviderNetwork | None
    ) -> Renewed:
        """Build everything, then change everything.

        No `await` in it has to wait: who hears of its end hears of it before anything goes on.
        """
        self._check(release)
        call = self._call
        before, speaking = call.bound.release, call.speaking
        if speaking not in release.personas:
            raise CannotRenewError(f"persona '{speaking}', which speaks, is gone")
        try:
            bound, lost = self._bound(release, secrets, network)
        except Exception as error:  # noqa: BLE001 - as below
            raise CannotRenewError(_told(call.bound.models, error)) from None
        persona = speaker(call)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(persona.become, persona.makeup.now)
            undo.callback(self._back_to, call.bound, bound)
            call.bind(bound)
            try:
                await self._change(persona, before.agent, undo)
            except CannotStartError as error:
                raise CannotRenewError(str(error)) from None
            except Exception as error:  # noqa: BLE001 - whatever a provider raises, the call goes on as it was
                raise CannotRenewError(_told(bound.models, error)) from None
            undo.pop_all()
        self._timers.renew(idle_of(call), release.agent.limits)
        self._close(bound.models.take_over(_choices(release)))
        for name, problem in lost.items():
            log.warning("variable '%s' has lost its value: it %s", name, problem)
        return renewed(before, release, speaking)

    async def _change(self, persona: LivePersona, before: Agent, undo: AsyncExitStack) -> None:
        """Change LiveKit's side of the call; `undo` takes back what has been done.

        Raises:
            CannotStartError: a provider cannot be built.
            Exception: whatever LiveKit or a provider has against the change.
        """
        models, change = persona.makeup.models, persona.makeup.change()
        live = LiveSettings(self._call, before)
        undo.callback(_again, persona, models)
        persona.makeup.use(change.models)
        live.begin(undo, vad=models.get("vad") is not change.models.get("vad"))
        await persona.become(change)
        live.finish()
        self._call.listens()

    def _bound(
        self, release: AgentRelease, secrets: Secrets | None, network: ProviderNetwork | None
    ) -> tuple[BoundRelease, dict[str, str]]:
        call = self._call
        variables = Variables(release.variables)
        lost = variables.carry(call.bound.variables)
        context = call.bound.context.renewed(release, variables)
        renderer = call.bound.renderer.renewed(context, release.places)
        new = [n for n in variables.fields if n not in call.bound.variables.fields or n in lost]
        set_defaults(variables, renderer, new)
        models = call.bound.models.renewed(release, renderer, secrets, network)
        plan = with_known_servers(call.bound.plan, release)
        return BoundRelease(release, plan, variables, context, renderer, models), lost

    def _back_to(self, before: BoundRelease, failed: BoundRelease) -> None:
        self._call.bind(before)
        self._close(failed.models.discard())

    def _close(self, made: list[Any]) -> None:
        if made:
            task = asyncio.get_running_loop().create_task(close(made))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


def _told(models: Models, error: Exception) -> str:
    line = next((part.strip() for part in str(error).splitlines() if part.strip()), "")
    return models.mask(line[:300]) or type(error).__name__


def _again(persona: LivePersona, models: Mapping[str, Any]) -> None:
    """Use the models of before; one that complains anew does not hold up the others."""
    with suppress(Exception):
        persona.makeup.use(models)


def _choices(release: AgentRelease) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Kinds and names that the agent and its personas choose."""
    for user in (release.agent, *release.personas.values()):
        for kind in KINDS:
            value = getattr(user, kind.key)
            for named in value.values() if isinstance(value, dict) else (value,):
                if named:
                    yield kind.key, named
