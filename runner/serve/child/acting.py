"""What others want of an agent, in the process of its call: a typed message, and its answer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from runner.serve.socket.messages import Act, Acted, Acting, FromOutside, Mean, Message, UseTool

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from runner.session.conversation import Conversation

Around = Callable[[Callable[..., Awaitable[Any]]], Awaitable[Any]]
"""Has something done that the agent may speak in, such as with the ears of a spoken dialogue."""


async def acted(
    message: FromOutside,
    talk: Conversation,
    tell: Callable[[Message], None],
    around: Around = lambda work: work(),
) -> Acted:
    """Do what a message says; what came of it.

    Args:
        message: what is to be done.
        talk: the conversation.
        tell: tells the main process what happens meanwhile.
        around: has that done in which the agent may speak.
    """
    from runner.session.errors import CallOverError, MisfitError

    call, number = message.call, message.id
    try:
        return Acted(call, number, document=await _document(message, talk, tell, around))
    except CallOverError:
        return Acted(call, number, over=True)
    except MisfitError as problem:
        return Acted(call, number, problem=str(problem))
    except Exception as error:  # noqa: BLE001 - whatever fails, the call goes on
        _log.error("what was sent to a call could not be done: %s", error)
        _log.debug("the failure", exc_info=error)
        return Acted(call, number, problem="it could not be done")


_log = logging.getLogger("lkrun")


async def _document(
    message: FromOutside, talk: Conversation, tell: Callable[[Message], None], around: Around
) -> dict[str, Any] | None:
    if isinstance(message, UseTool):
        return await talk.use(message.tool, message.arguments)
    found = talk.means(message.text) if isinstance(message, Mean) else None
    acting = Acting(message.call, message.id, found)
    if isinstance(message, Act):
        actions = tuple(map(_action().validate_python, message.actions))
        begun = partial(tell, acting)
        await around(partial(talk.act, actions, message.names, begun, event=message.event))
    elif message.act and found is not None and found["intent"] is not None:
        await around(partial(talk.act_on, found["intent"], partial(tell, acting)))
    return found


@cache
def _action() -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    from runner.schema.actions import Action

    return TypeAdapter(Action)
