"""What LiveKit's forkserver imports once, so that a call starts with all of it in memory.

The forkserver imports this module by its name (`forkserver.warm_up`); every process of a call inherits the result,
copy-on-write. Nothing here may start a thread or an event loop, and nothing may fail: an exception other than
`ImportError` would end the forkserver, and with it every later call.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
from collections.abc import Callable
from typing import Any, Final

PLAN: Final = "LKRUN_WARM"
"""The environment variable that says what is warmed: `{"providers": [[kind, name], …], "turn_model": bool}`."""

_TURN_MODEL: Final = "LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE"
_MODULES: Final = (
    "jinja2",
    "jmespath",
    "livekit.agents",
    "runner.template.grammar",
    "runner.session.conversation",
    "runner.serve.job",
)
_log = logging.getLogger("lkrun")


def _try(step: Callable[..., Any], *arguments: Any) -> None:
    try:
        step(*arguments)
    except BaseException as error:  # noqa: BLE001 - see above; the call itself tells what is wrong
        _log.debug("not warmed: %s", error)


def _provider(kind: str, name: str) -> None:
    from runner.providers import build  # noqa: PLC0415 - light, but not needed where nothing is warmed
    from runner.providers.loading import load  # noqa: PLC0415 - as above

    provider = build._catalogue().find(kind, name)  # noqa: SLF001 - the catalogue that a call looks into
    load(provider.source, provider.target)


def _voice_detector() -> None:
    local = importlib.import_module("livekit.local_inference")
    local.init_vad()


def _trust_store() -> None:
    """Parse the certificates once: each context made later in a call then costs a few milliseconds."""
    context = importlib.import_module("livekit.agents.utils.http_context")
    context._create_ssl_context()  # noqa: SLF001 - LiveKit's own cache, which its sessions read


def _warm(plan: dict[str, Any]) -> None:
    # a signal to the process group must not take the forkserver before the calls have ended
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for module in _MODULES:
        _try(importlib.import_module, module)
    for kind, name in plan.get("providers", ()):
        _try(_provider, kind, name)
    _try(_trust_store)
    if not plan.get("turn_model"):
        os.environ.setdefault(_TURN_MODEL, "0")
        _try(_voice_detector)


if PLAN in os.environ:
    _warm(json.loads(os.environ.pop(PLAN)))
