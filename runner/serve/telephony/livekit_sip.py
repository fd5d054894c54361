"""LiveKit's trunks and rules over its API: read, and changed as planned.

Follows https://docs.livekit.io/sip/trunk-inbound/ and https://docs.livekit.io/sip/dispatch-rule/.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import aiohttp
from livekit import api

from runner.serve.telephony.changes import Change, Plan
from runner.serve.telephony.lines import Known, Mark, Rule, Trunk, mark_in

if TYPE_CHECKING:
    from runner.serve.credentials import LiveKit

_SECONDS: Final = 15
_REFUSED: Final = (401, 403)


class LiveKitError(Exception):
    """LiveKit does not do what it is asked; the text says why, in plain words."""


class SipAccount:
    """The trunks and rules of a LiveKit server or project."""

    def __init__(self, server: api.LiveKitAPI, address: str) -> None:
        """Take a client."""
        self._sip, self._address = server.sip, address

    async def known(self) -> Known:
        """All trunks that take calls, and all rules.

        Raises:
            LiveKitError: they cannot be read.
        """
        async with self._words():
            trunks = await self._sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())
            rules = await self._sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())
        return Known(
            tuple(sorted(map(_trunk, trunks.items), key=lambda t: t.id)),
            tuple(sorted(map(_rule, rules.items), key=lambda r: r.id)),
        )

    async def apply(self, plan: Plan, folder: str, done: Callable[[Change], None]) -> None:
        """Do what is planned, in order; `done` hears of each change.

        Raises:
            LiveKitError: one cannot be done; those before it are.
        """
        made: dict[str, str] = {}
        for change in plan.changes:
            async with self._words():
                await self._do(change, Mark(change.agent, folder), made)
            done(change)

    async def _do(self, change: Change, mark: Mark, made: dict[str, str]) -> None:
        match change.kind:
            case "make_trunk":
                info = api.SIPInboundTrunkInfo(
                    name=f"lkrun {mark.agent}", metadata=mark.to_text(), numbers=change.numbers
                )
                request = api.CreateSIPInboundTrunkRequest(trunk=info)
                trunk = await self._sip.create_inbound_trunk(request)
                made[mark.agent] = trunk.sip_trunk_id
            case "set_numbers":
                await self._sip.update_inbound_trunk_fields(
                    change.id, numbers=list(change.numbers), metadata=mark.to_text()
                )
            case "remove_trunk":
                await self._sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=change.id))
            case "make_rule":
                rule = api.SIPDispatchRuleInfo()
                _fill(rule, change, mark, made)
                request_rule = api.CreateSIPDispatchRuleRequest(dispatch_rule=rule)
                await self._sip.create_dispatch_rule(request_rule)
            case "set_rule":
                listed = await self._sip.list_dispatch_rule(
                    api.ListSIPDispatchRuleRequest(dispatch_rule_ids=[change.id])
                )
                _fill(listed.items[0], change, mark, made)
                await self._sip.update_dispatch_rule(change.id, listed.items[0])
            case "remove_rule":
                request_end = api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=change.id)
                await self._sip.delete_dispatch_rule(request_end)

    @asynccontextmanager
    async def _words(self) -> AsyncIterator[None]:
        try:
            yield
        except api.TwirpError as error:
            raise LiveKitError(_in_words(error, self._address)) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            why = (
                "it does not answer in time"
                if isinstance(error, TimeoutError)
                else "nobody is there"
            )
            raise LiveKitError(f"LiveKit at {self._address} cannot be reached: {why}") from None


@asynccontextmanager
async def sip_account(livekit: LiveKit) -> AsyncIterator[SipAccount]:
    """Reach the API of a LiveKit server."""
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with api.LiveKitAPI(
        livekit.url, livekit.api_key, livekit.api_secret.reveal(), timeout=timeout
    ) as server:
        yield SipAccount(server, livekit.url)


def _fill(rule: api.SIPDispatchRuleInfo, change: Change, mark: Mark, made: dict[str, str]) -> None:
    """What lkrun says in a rule; the rest of it stays as it is."""
    own = [made[mark.agent]] if change.own_trunk and mark.agent in made else []
    rule.name, rule.metadata = f"lkrun {mark.agent}", mark.to_text()
    del rule.trunk_ids[:], rule.numbers[:], rule.inbound_numbers[:], rule.room_config.agents[:]
    rule.trunk_ids.extend([*change.trunks, *own])
    rule.room_config.agents.extend(api.RoomAgentDispatch(agent_name=a) for a in change.called)
    if not rule.HasField("rule"):
        rule.rule.dispatch_rule_individual.room_prefix = mark.agent


def _trunk(info: api.SIPInboundTrunkInfo) -> Trunk:
    return Trunk(info.sip_trunk_id, info.name, tuple(info.numbers), mark_in(info.metadata))


def _rule(info: api.SIPDispatchRuleInfo) -> Rule:
    return Rule(
        info.sip_dispatch_rule_id,
        info.name,
        tuple(info.trunk_ids),
        tuple(agent.agent_name for agent in info.room_config.agents),
        mark_in(info.metadata),
        tuple(info.numbers),
        tuple(info.inbound_numbers),
    )


def _in_words(error: api.TwirpError, address: str) -> str:
    text = str(error.message)
    if "redis" in text or "sip not connected" in text.casefold():
        return (
            f"LiveKit at {address} keeps no phone numbers: it runs without Redis; see "
            "https://docs.livekit.io/home/self-hosting/sip-server/"
        )
    if error.status in _REFUSED or error.code in ("unauthenticated", "permission_denied"):
        return (
            f"LiveKit at {address} refuses the key and secret: look whether they are of this "
            "project, and may change phone numbers"
        )
    if error.code == "not_found":
        return "somebody has deleted it meanwhile: run the command again"
    return f"LiveKit at {address} refuses it: {text}"
