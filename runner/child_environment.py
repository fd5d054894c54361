"""The environment of the processes that import providers' packages: a table, and nothing beside it.

What a package may see is what it needs: where things are, how the network is reached, LiveKit's
variables, those of the service that it is for, and what the author names in `runner.environment`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

HELD_BACK: Final = "LKRUN_HELD_BACK"
"""The variable that tells such a process which names there are that it does not see."""

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class PassedOn:
    """Variables that every such process gets.

    Attributes:
        about: what they are for.
        names: the variables; one that ends in `*` stands for all that begin so.
        in_check: whether a process gets them too that only checks options.
    """

    about: str
    names: tuple[str, ...]
    in_check: bool = True


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PASSED_ON: Final = (
    PassedOn("where programs and files are", _names(
        "PATH HOME USER LOGNAME SHELL PWD TMPDIR TEMP TMP XDG_* LD_LIBRARY_PATH LD_PRELOAD DYLD_*"
    )),
    PassedOn("the same on Windows", _names(
        "APPDATA COMSPEC LOCALAPPDATA PATHEXT PROGRAMDATA SYSTEMDRIVE SYSTEMROOT USERNAME"
        " USERPROFILE WINDIR"
    )),
    PassedOn("language and time", _names("LANG LANGUAGE LC_* TZ TZDIR")),
    PassedOn("the network", _names(
        "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy"
        " SSL_CERT_* REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GRPC_*"
    )),
    PassedOn("LiveKit and what is measured", _names("LIVEKIT_* LK_* OTEL_*"), in_check=False),
    PassedOn("Python", _names("PYTHON* VIRTUAL_ENV COVERAGE_*"), in_check=False),
    PassedOn("processors and models on the disk", _names(
        "CUDA_VISIBLE_DEVICES NVIDIA_VISIBLE_DEVICES OMP_NUM_THREADS MALLOC_* HF_HOME HF_HUB_CACHE"
        " HF_HUB_OFFLINE HF_ENDPOINT"
    )),
)  # fmt: skip
"""Every package sees these; none of them holds the secret of a tool."""

OF_PLUGIN: Final[Mapping[str, tuple[str, ...]]] = {
    "aws": ("BEDROCK_*",),
    "cambai": ("CAMB_*",),
    "elevenlabs": ("ELEVEN_*",),
    "fireworksai": ("FIREWORKS_*",),
    "fishaudio": ("FISH_*",),
    "google": ("GEMINI_API_KEY",),
    "meta": ("MODEL_API_KEY",),
    "mistralai": ("MISTRAL_*",),
    "runway": ("RUNWAYML_*",),
    "smallestai": ("SMALLEST_*",),
}
"""LiveKit plugin → what it reads besides the variables that begin with its own name.

Source: what the plugins of livekit-agents 1.8.9 read.
"""


def of_plugin(plugin: str) -> tuple[str, ...]:
    """The variables that a plugin reads, as in `PassedOn.names`: `openai` → `OPENAI_*`."""
    name = re.sub(r"\W", "_", plugin.partition(".")[0])
    return (f"{name.upper()}_*", *OF_PLUGIN.get(name.lower(), ()))


def passed_on(
    env: Mapping[str, str], further: Iterable[str] = (), *, check: bool = False
) -> dict[str, str]:
    """What a process gets of an environment: the table's, and `further` names.

    Args:
        env: the environment.
        further: names or beginnings, as in the table.
        check: whether it only checks options.
    """
    patterns = [name for row in PASSED_ON if row.in_check or not check for name in row.names]
    patterns += further
    return {name: value for name, value in env.items() if matches(name, patterns)}


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns means a variable."""
    return any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
        for pattern in patterns
    )


def held_back(env: Mapping[str, str], given: Mapping[str, str]) -> str:
    """The value of `HELD_BACK` for a process that is given a part of an environment."""
    return " ".join(sorted(env.keys() - given.keys() - {HELD_BACK}))


def missed(error: BaseException) -> str | None:
    """The variable that an error of a package speaks of, if this process was not given it."""
    names = frozenset(os.environ.get(HELD_BACK, "").split())
    return next((word for word in _WORD.findall(str(error)) if word in names), None)
