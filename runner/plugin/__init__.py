"""The public plugin API: all that a package needs to bring its own STT, LLM or TTS.

A plugin is a factory and a pydantic model of its options, registered as an entry point::

    [project.entry-points."lkrun.llm"]
    parrot = "lkrun_parrot:plugin"

    class Options(pydantic.BaseModel):
        phrase: str = "hello"

    def build(options: Options) -> livekit.agents.llm.LLM: ...

    plugin = Plugin(options=Options, build=build)

A person then writes ``llm: parrot`` and the options under ``with:``. Options are checked when the
folder is loaded, in a child process, so what a validator of the model refuses (``ValueError``) is a
diagnostic at the person's line, and a note on it (``error.add_note("write …")``) is its help. Texts
are converted before the model sees them: ``yes`` for a ``bool``, ``300ms`` for a ``float``
(seconds) or a ``timedelta``. ``build`` runs in the process of the call, once a call; its options
hold no templates any more. A module that imports livekit in ``build`` alone is checked much faster.

A regular expression that a person writes is compiled by ``compile_pattern`` and by nothing else: no
pattern can then hold up a call. The ``PatternError`` that it raises is a ``ValueError`` with its
help, so a validator lets it through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable

from runner.provider_kinds import NO_PROVIDERS, ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic import BaseModel

    from runner.patterns import Pattern, PatternError, compile_pattern

__all__ = [
    "API_VERSION",
    "GROUPS",
    "NamesTools",
    "Pattern",
    "PatternError",
    "Plugin",
    "compile_pattern",
]

API_VERSION = 1

GROUPS = {kind.key: kind.entry_points for kind in ROWS if kind.entry_points} | NO_PROVIDERS
"""Kind of a plugin → the entry-point group in which packages register theirs."""


def __getattr__(name: str) -> Any:
    """Patterns are loaded when something of them is used: most commands need none."""
    if name in ("Pattern", "PatternError", "compile_pattern"):
        from runner import patterns  # noqa: PLC0415 - as above

        return getattr(patterns, name)
    raise AttributeError(f"module 'runner.plugin' has no attribute '{name}'")


OptionsT = TypeVar("OptionsT", bound="BaseModel")


@runtime_checkable
class NamesTools(Protocol):
    """Options that name tools of the agents that use them, as rules of a scripted model do.

    A name that no such agent has a tool or handoff for is told at the person's line.
    """

    def tool_names(self) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """Give the names (a tool's, or ``transfer_to_<persona>``), each with its place.

        A place is the path to it below ``with:``.
        """
        ...


@dataclass(frozen=True, slots=True)
class Plugin(Generic[OptionsT]):
    """What a package brings: a provider, a node or a tool.

    Attributes:
        options: what may stand under ``with:``; its field descriptions are shown to people.
        build: makes what the group says, for one call, within 10 s: the LiveKit object of a
            provider (``llm.LLM``, ``stt.STT``, ``tts.TTS``, ``vad.VAD`` …); of a node an async
            generator function ``(source, model_settings, forward)``; of a tool an async function
            that takes the arguments, a dict, and returns the answer: a text or plain data. A
            ``livekit.agents.ToolError`` tells the model what went wrong.
        api: the version of this API that the plugin was written for.
    """

    options: type[OptionsT]
    build: Callable[[OptionsT], Any]
    api: int = API_VERSION
