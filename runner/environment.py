"""The environment variables that lkrun reads, in one table: the docs are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class EnvironmentVariable:
    """A variable, and what lkrun does with it.

    Attributes:
        does: what it says, as the end of a sentence.
        default: what counts where it is not set.
    """

    name: str
    does: str
    default: str = ""


ENVIRONMENT: Final = (
    EnvironmentVariable("LIVEKIT_API_KEY", "the key of the LiveKit project"),
    EnvironmentVariable("LIVEKIT_API_SECRET", "its secret"),
    EnvironmentVariable("LIVEKIT_INFERENCE_API_KEY", "the key for models that LiveKit runs",
                        "`LIVEKIT_API_KEY`"),
    EnvironmentVariable("LIVEKIT_INFERENCE_API_SECRET", "its secret", "`LIVEKIT_API_SECRET`"),
    EnvironmentVariable("LIVEKIT_SIP_OUTBOUND_TRUNK", "the trunk by which agents call whose"
                        " `phone.trunk` names none: `ST_…`"),
    EnvironmentVariable("LIVEKIT_URL", "where LiveKit is: `wss://…`", "text only"),
    EnvironmentVariable("LKRUN_CACHE_DIR", "where parsed files and checked options are kept",
                        "`lkrun` in `XDG_CACHE_HOME`"),
    EnvironmentVariable("LKRUN_CLIENT_SECRET", "the client's secret for `lkrun auth oauth2`"),
    EnvironmentVariable("LKRUN_ENVIRONMENT", "which of `runner.environments` it is",
                        "the first listed"),
    EnvironmentVariable("LKRUN_REGION", "where this runner is, as `regions` of an external agent"
                        " names it", "the nearest"),
    EnvironmentVariable("LKRUN_SECRETS_DIR", "a folder with a file for each secret, by its name;"
                        " read before each use, so that a secret may change", "the environment"),
    EnvironmentVariable("LKRUN_STATE_DIR", "where releases are kept", "`lkrun` in"
                        " `XDG_STATE_HOME`"),
    EnvironmentVariable("LKRUN_TOKEN", "the token that the running runner wants, for commands that"
                        " ask it", "none"),
    EnvironmentVariable("LKRUN_URL", "where the running runner answers, for commands that ask it",
                        "`http://127.0.0.1:8090`"),
    EnvironmentVariable("NO_COLOR", "no colours, if it is not empty"),
    EnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", "where [traces](metrics.md) of calls are"
                        " sent; with it all of OpenTelemetry's variables of its exporter by OTLP,"
                        " such as `OTEL_EXPORTER_OTLP_HEADERS` and"
                        " `OTEL_SERVICE_NAME`", "no traces"),
    EnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", "`http/protobuf` or `grpc`",
                        "`http/protobuf`"),
    EnvironmentVariable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "the same for traces alone",
                        "no traces"),
    EnvironmentVariable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "the same for traces alone",
                        "`http/protobuf`"),
    EnvironmentVariable("OTEL_SDK_DISABLED", "`true`: no traces"),
    EnvironmentVariable("OTEL_TRACES_EXPORTER", "`otlp`, or `none`: no traces",
                        "`otlp` where an address is given"),
    EnvironmentVariable("TERM", "no colours and no editing in `chat`, if it is `dumb`"),
    EnvironmentVariable("XDG_CACHE_HOME", "the user's folder for caches", "`~/.cache`"),
    EnvironmentVariable("XDG_RUNTIME_DIR", "where the sockets of a running `serve` lie",
                        "a temporary folder"),
    EnvironmentVariable("XDG_STATE_HOME", "the user's folder for state", "`~/.local/state`"),
)  # fmt: skip
"""What people may set. Besides these, `{{ env.NAME }}` and `{{ secrets.NAME }}` name your own."""

INTERNAL: Final = frozenset(
    {
        "LIVEKIT_AGENT_NAME",
        "LIVEKIT_AGENT_NAME_OVERRIDE",
        "LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE",
        "LKRUN_DEBUGGED",
        "LKRUN_HELD_BACK",
        "LKRUN_WARM",
    }
)
"""What processes of lkrun and LiveKit tell each other; nobody sets these."""
