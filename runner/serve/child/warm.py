"""What LiveKit's forkserver reads once, so that a call starts with it in memory.

The process of each call inherits the result, copy-on-write. Nothing here may start a thread or an
event loop, and nothing may fail: an exception other than `ImportError` ends the forkserver, and
with it every later call.
"""

from __future__ import annotations

import importlib
import logging
import os
import pkgutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runner.serve import core_files

if TYPE_CHECKING:
    from runner.link.release import AgentRelease
    from runner.schema.providers import AnyProvider

PLAN: Final = "LKRUN_WARM"
"""The environment variable that says what is warmed: `{"files": […], "turn_model": bool}`."""

GROUP: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
"""Signals that reach all processes of a terminal or service; the main one decides what they mean.

They are blocked while the forkserver starts, until it ignores them.
"""

_TURN_MODEL: Final = "LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE"
_MODULES: Final = (
    "jinja2",
    "jmespath",
    "livekit.agents",
    "numpy.fft",
    "runner.template.grammar",
    "runner.template.rendering",
    "runner.session.conversation",
    "runner.serve.child.job",
    "runner.serve.child.network",
    "runner.serve.child.recalling",
    "runner.serve.child.transferring",
    "runner.serve.child.watchdog",
)
_LATE: Final = {
    "anthropic": ("resources.messages",),
    "anyio": ("_backends._asyncio", "streams.tls"),
    "openai": ("resources.audio.audio", "resources.chat.chat", "resources.models"),
}
"""Package → what of it is imported by its first request, where it is in memory at all."""

_log = logging.getLogger("lkrun")


def _try(step: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return step(*arguments)
    except BaseException as error:  # noqa: BLE001 - see above; the call itself tells what is wrong
        _log.debug("not warmed: %s", error)
        return None


def _read(file: str) -> AgentRelease:
    """Read an agent, which also builds the schema that reads the next one faster."""
    from runner.link.release import AgentRelease

    return AgentRelease.from_json(Path(file).read_bytes())


def _provider(written: AnyProvider) -> None:
    """Import a provider's package, and check its options as a call will: what that reads stays."""
    from runner.providers import build, validation
    from runner.providers.catalogue import InstalledProvider
    from runner.providers.loading import load

    provider = build.catalogue().find(written.kind, str(written.plugin))
    if not isinstance(provider, InstalledProvider):
        return
    loaded = load(provider.source, provider.target, provider.kind)
    if provider.source == "plugin":
        _package(provider.target.partition(":")[0].partition(".")[0])
    if not any(_templates(written.options)):
        validation.validate(loaded.options, written.options, provider.name)


def _package(name: str) -> None:
    """Import all modules of a plugin's package: plugins import what is heavy when they build."""
    path = importlib.import_module(name).__path__
    for module in pkgutil.walk_packages(path, f"{name}."):
        if not module.name.rpartition(".")[2].startswith("__"):
            _try(importlib.import_module, module.name)


def _late() -> None:
    for package, modules in _LATE.items():
        if package in sys.modules:
            for module in modules:
                _try(importlib.import_module, f"{package}.{module}")


def _of_conversations(agent: AgentRelease) -> None:
    """Build what reads what is there without a word in a file, and read the words of lkrun."""
    from runner.schema.agents import Room
    from runner.session.plan import plan_of
    from runner.texts import TABLE, shipped

    _try(lambda: plan_of(agent).tools)
    _try(Room)
    for language in agent.agent.spoken:
        _try(shipped, next(iter(TABLE)), language)


def _openai() -> None:
    """Read what OpenAI's client reads of its types for the first request; most models use it."""
    if "openai" in sys.modules:
        from openai._utils import maybe_transform
        from openai.pagination import AsyncPage
        from openai.types import Model
        from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming

        message = {"role": "user", "content": "Hello."}
        asked = {"model": "any", "messages": [message], "stream": True}
        maybe_transform(asked, CompletionCreateParamsStreaming)
        _ = AsyncPage[Model]  # pydantic makes the class of it; LiveKit lists models to connect


def _messages() -> None:
    """Build what checks the messages of a talk: pydantic builds it for the first one."""
    from livekit.agents import llm

    chat = llm.ChatContext.empty()
    chat.add_message(role="user", content="Hello.")
    chat.copy()


def _renderer() -> None:
    """Read a template and a condition: the tables by which they are read stay."""
    from runner import template

    template.analyse("{{ caller.name or 'You' }}")
    template.Renderer().render("{{ name or 'You' }}", {"name": "Ann"})


def _templates(options: Any) -> Iterator[str]:
    from runner.serve.credentials import templates

    return templates(options)


def _voice_detector() -> None:
    importlib.import_module("livekit.local_inference").init_vad()


def _trust_store() -> None:
    """Parse the certificates once, into the caches that LiveKit's sessions and ours read."""
    importlib.import_module("runner.egress.network.tls").read_authorities()
    context = importlib.import_module("livekit.agents.utils.http_context")
    context._create_ssl_context()  # noqa: SLF001 - there is no public way to it


def _syllables() -> None:
    """Build the tables by which LiveKit paces what it writes to what it says."""
    importlib.import_module("livekit.agents.tokenize.basic").hyphenate_word("syllable")


def warm_up(plan: Mapping[str, Any]) -> None:
    """Import, read and build what is planned; what cannot be is left to the call.

    Args:
        plan: as `PLAN` describes it.
    """
    # a signal to the process group must take neither the forkserver nor a call; what is forked
    # ignores them from its birth
    for number in GROUP:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, GROUP)
    _try(core_files.forbid)
    for module in _MODULES:
        _try(importlib.import_module, module)
    providers: dict[str, AnyProvider] = {}
    for file in plan.get("files", ()):
        agent = _try(_read, file)
        if agent is not None:
            providers |= {p.model_dump_json(): p for p in agent.providers.values()}
            _try(_of_conversations, agent)
    for written in providers.values():
        _try(_provider, written)
    for step in (_late, _openai, _trust_store, _syllables, _messages, _renderer):
        _try(step)
    if not plan.get("turn_model"):
        os.environ.setdefault(_TURN_MODEL, "0")
        _try(_voice_detector)
