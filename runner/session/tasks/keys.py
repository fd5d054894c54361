"""Keys that the caller presses: for what is asked, then for the keypad, then for the model.

They wait until the call is ready for them, so that a caller who knows the menu need not wait for
its words; what may be interrupted is.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from livekit.agents import llm
from livekit.agents.utils import shortuuid
from livekit.agents.voice.agent_activity import ActivityClosedError

from runner.schema.actions import AnyAction
from runner.schema.keys import OTHER
from runner.schema.needs import Need
from runner.schema.tools import asked_by
from runner.schema.types.pressed import PRESSED
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.actions import perform
from runner.session.call import Call
from runner.session.clock import Timer, within
from runner.session.events import KeypadEvent
from runner.session.plan import PersonaPlan
from runner.session.tasks.certain import BY_KEYS, Deed
from runner.session.tasks.readiness import cut_short, ready
from runner.session.tasks.typed import NOTHING_TYPED, UNFIT, WRONG, Typed

log = logging.getLogger("lkrun")

AFTER_LAST: Final = 0.5
"""Seconds in which a key may follow a full length: the end key, or one too many."""

BURST: Final = 1.5
"""Seconds between two keys of somebody who goes on typing."""

FIRST_KEY: Final = 10.0
"""Seconds in which the first key must come where nothing else is an answer."""

UNTAKEN: Final = 1.0
"""Seconds in which more keys may follow some that nothing takes."""

MOST: Final = 256
"""Keys that may wait."""


class PressedKeys:
    """Takes the keys of one call, in order.

    Args:
        call: the call.
        heard: told that the caller is there.
        asks: told that the next words of the caller are told here, as part of this turn.
        failed: told what went wrong.
    """

    def __init__(
        self,
        call: Call,
        heard: Callable[[], None],
        asks: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Nobody has pressed anything."""
        self._call, self._heard, self._asks, self._failed = call, heard, asks, failed
        self._waiting: deque[str] = deque()
        self._came = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._whole = False
        self._full_since: float | None = None
        self._silence: Timer | None = None

    @property
    def waiting(self) -> bool:
        """Whether keys wait to be taken: the caller does not need the words before them."""
        return bool(self._waiting)

    def press(self, keys: str) -> None:
        """The caller presses keys, one after the other; what is no key is passed over."""
        call = self._call
        pressed = [k for k in keys if k in PRESSED and not self._goes_on(k)]
        if call.over or not pressed:
            return
        self._heard()
        if len(self._waiting) >= MOST:
            log.warning("keys that the caller pressed are not taken: %d wait already", MOST)
            return
        self._waiting.extend(pressed)
        self._came.set()
        self.cut_short()
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._run())

    async def all(self, keys: str) -> None:
        """The caller presses these keys and no more; returns when all of them are taken."""
        self._whole = True
        try:
            self.press(keys)
            if self._work is not None:
                await self._work
        finally:
            self._whole = False

    def cut_short(self) -> None:
        """Stop what is being said, where keys wait and it may be interrupted."""
        if self._waiting:
            cut_short(self._call)

    def asked(self, need: Need) -> None:
        """The caller is asked for something: where only keys answer it, silence is no answer."""
        self.stop()
        call = self._call
        if call.awaits and not need.by_voice:
            turn, seconds = call.needs.turn, max(FIRST_KEY, need.wait)
            self._silence = call.clock.later(seconds, lambda: self._silent(turn, need))

    def stop(self) -> None:
        """Wait for the first key no more."""
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _silent(self, turn: str, need: Need) -> None:
        call = self._call
        current = call.needs.current(call.persona.plan)
        if call.over or self._waiting or call.needs.turn != turn or current is None:
            return
        if call.session.user_state == "speaking" or not call.idle.is_set():
            self.asked(need)
        elif current[1] is need and (self._work is None or self._work.done()):
            self._work = asyncio.get_running_loop().create_task(self._safely(self._missed()))

    async def _missed(self) -> None:
        """Nothing was pressed."""
        current: tuple[str, Need] | None = self._call.needs.current(self._call.persona.plan)
        if current is not None:
            self._begin()
            await self._wrong(*current, NOTHING_TYPED)

    def _goes_on(self, key: str) -> bool:
        """Whether a key belongs to what is full already: the caller types on."""
        now = self._call.clock.time()
        if self._full_since is None or self._whole or now - self._full_since > BURST:
            self._full_since = None
            return False
        self._full_since = now if key.isdigit() else None
        return True

    async def _run(self) -> None:
        while self._waiting and not self._call.over:
            await self._safely(self._one())

    async def _safely(self, work: Awaitable[None]) -> None:
        try:
            await work
        except (ActivityClosedError, RuntimeError) as error:
            self._waiting.clear()
            if not self._call.over:
                self._failed(error)
        except Exception as error:  # noqa: BLE001 - whatever fails, the call goes on
            self._waiting.clear()
            self._failed(error)

    async def _one(self) -> None:
        """Take what belongs together."""
        await ready(self._call, self.cut_short)
        call = self._call
        if call.over or not self._waiting:
            return
        self._begin()
        plan, key = call.persona.plan, self._waiting[0]
        current: tuple[str, Need] | None = call.needs.current(plan)
        if current is not None and _begins(current[1], key, plan):
            await self._type(*current, plan)
        elif actions := self._does(plan, key):
            self._waiting.popleft()
            self._tell(key)
            await call.persona.unasked.do(_doing(self._call, key, actions))
        elif current is not None and not current[1].by_voice:
            self._waiting.popleft()
            self._tell(key, hidden=current[1].private)
            await self._wrong(*current, WRONG)
        else:
            await self._untaken(plan)

    def _begin(self) -> None:
        self.stop()
        if not self._whole:
            self._call.events.begin()
        self._call.hops = 0

    async def _type(self, name: str, need: Need, plan: PersonaPlan) -> None:
        """Take the keys for what is asked, to their end."""
        call, typed = self._call, Typed(need)
        while not typed.ended:
            key = await self._next(AFTER_LAST if typed.is_full else need.wait)
            if key is None:
                break
            if not key.isdigit() and key != need.end_key and key in plan.keypad:
                self._waiting.appendleft(key)
                return
            typed.add(key)
        if not typed.ended and typed.is_full:
            self._full_since = call.clock.time()
        self._tell(typed.pressed, hidden=need.private)
        if problem := typed.problem:
            await self._wrong(name, need, problem)
            return
        call.needs.heard(shortuuid("keys_"))
        await call.persona.unasked.do(_given(call, name, need, typed.digits))

    async def _wrong(self, name: str, need: Need, words: str) -> None:
        """What was pressed is no answer: one of the tries is gone."""
        call = self._call
        call.needs.heard(shortuuid("keys_"))

        async def deed(context: ActionContext) -> ActionOutcome:
            return await call.needs.mistyped(name, need, words, context)  # type: ignore[no-any-return]  # `needs` is only known by its shape

        await call.persona.unasked.do(deed)

    async def _next(self, seconds: float) -> str | None:
        """The next key; None when none follows in time."""
        if not self._waiting and not self._whole:
            self._came.clear()
            with suppress(TimeoutError):
                async with within(self._call.clock, seconds):
                    await self._came.wait()
        return self._waiting.popleft() if self._waiting else None

    def _does(self, plan: PersonaPlan, key: str) -> tuple[AnyAction, ...]:
        """What the keypad has for a key just now."""
        is_true = self._call.bound.renderer.is_true
        for name in (key, OTHER):
            actions = plan.keypad.get(name, ())
            if any(is_true(action.condition) for action in actions):
                return actions
        return ()

    async def _untaken(self, plan: PersonaPlan) -> None:
        """Tell the model of keys that nothing takes, unless they may be private."""
        call, keys = self._call, self._waiting.popleft()
        while (key := await self._next(UNTAKEN)) is not None:
            if self._does(plan, key):
                self._waiting.appendleft(key)
                break
            keys += key
        hidden = self._secret
        self._tell(keys, hidden=hidden)
        own = call.bound.renderer.own
        text = own("keys_private") if hidden else own("keys_untaken", keys=" ".join(keys))
        message = llm.ChatMessage(role="user", content=[f"[{text}]"], extra={BY_KEYS: True})
        self._asks()
        await call.session.generate_reply(user_input=message)

    @property
    def _secret(self) -> bool:
        """Whether a persona that has spoken asks for something private."""
        call = self._call
        known = call.bound.plan.tools
        for name in call.visited:
            plan = call.bound.plan.personas.get(name)
            if plan is None:
                continue
            tools = (known[tool] for tool in plan.tools if tool in known)
            needs = [*plan.needs.values(), *(n for t in tools for n in asked_by(t).values())]
            if any(need.private for need in needs):
                return True
        return False

    def _tell(self, keys: str, *, hidden: bool = False) -> None:
        call = self._call
        shown = None if hidden else keys
        call.events.tell(KeypadEvent(persona=call.speaking, role="user", keys=shown))


def _begins(need: Need, key: str, plan: PersonaPlan) -> bool:
    """Whether a key can be the first of a need."""
    return need.by_keys and (key.isdigit() or (key == need.end_key and key not in plan.keypad))


def _given(call: Call, name: str, need: Need, digits: str) -> Deed:
    """Take what was typed."""

    async def deed(context: ActionContext) -> ActionOutcome:
        if call.needs.take(name, need, digits):
            return await call.needs.mistyped(name, need, UNFIT, context)  # type: ignore[no-any-return]  # as above
        outcome: ActionOutcome = await call.needs.became_known({name: need}, context)
        shown = "" if need.private else digits
        remark = call.bound.renderer.own("keys_given", need=name, value=shown)
        outcome.remarks.insert(0, remark)
        return outcome

    return deed


def _doing(call: Call, key: str, actions: tuple[AnyAction, ...]) -> Deed:
    """Do what the keypad has for a key."""

    async def deed(context: ActionContext) -> ActionOutcome:
        outcome = await perform(actions, context)
        outcome.remarks.insert(0, call.bound.renderer.own("keys_one", key=key))
        return outcome

    return deed
