"""What others have an agent do, in the process of its call: a typed message, and its answer."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from runner.serve.socket.messages import Act, Acted, Acting, Message

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pydantic import TypeAdapter


_log = logging.getLogger("lkrun")


async def acted(
    message: Act, do: Callable[..., Awaitable[Any]], tell: Callable[[Message], None]
) -> Acted:
    """Do what a message says; what came of it.

    Args:
        message: what is to be done.
        do: does actions, with what their templates may name besides (`Conversation.act`).
        tell: tells the main process what happens meanwhile.
    """
    from runner.session.errors import CallOverError, MisfitError

    call, number = message.call, message.id
    try:
        actions = tuple(map(_action().validate_python, message.actions))
        await do(actions, message.names, lambda: tell(Acting(call, number)), event=message.event)
    except CallOverError:
        return Acted(call, number, over=True)
    except MisfitError as problem:
        return Acted(call, number, problem=str(problem))
    except Exception as error:  # noqa: BLE001 - whatever fails, the call goes on
        _log.error("what was sent to a call could not be done: %s", error)
        _log.debug("the failure", exc_info=error)
        return Acted(call, number, problem="it could not be done")
    return Acted(call, number)


@cache
def _action() -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    from runner.schema.actions import Action

    return TypeAdapter(Action)
