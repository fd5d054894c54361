"""The section `runner`: settings of the process."""

import ipaddress
import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, WithJsonSchema

from runner.late_pattern import late
from runner.schema.doors import Doors
from runner.schema.mcp import Program
from runner.schema.records import Records
from runner.schema.types.blocks import Block, OrNo, key
from runner.schema.types.measures import Duration, SomeTime
from runner.schema.types.mistake import mistake
from runner.schema.types.texts import Credential, Plain, Sent
from runner.schema.types.urls import Url
from runner.schema.types.values import one_of, whole
from runner.template import has_template

_HOST = late(
    r"(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?"
)


def _host(text: Plain) -> Plain:
    if "/" in text:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            raise mistake(
                "E114",
                f"'{text}' is not a host or network",
                "write a host, host:port, *.domain or a network such as 10.0.0.0/8",
            ) from None
    elif not _HOST.fullmatch(text):
        raise mistake(
            "E114",
            f"'{text}' is not a host",
            "write a host, host:port or *.domain, without https://",
        )
    return text


Host = Annotated[
    Plain, AfterValidator(_host), WithJsonSchema({"type": "string", "pattern": r"^[^/\s]+(/\d+)?$"})
]
"""`host`, `host:port`, `*.domain` or a network in CIDR notation (RFC 4632)."""


_VARIABLE = late(r"[A-Za-z_][A-Za-z0-9_]*")
_ITS_NAME = late(
    r"\s*(?:export\s+)?(?:\$\{?|%|\{\{\s*(?:env|secrets)\.)?([A-Za-z_][A-Za-z0-9_]*)(?:\}\}?|%|\s*\}\}|\s*=.*)?\s*",
    re.DOTALL,
)
"""A variable as shells and templates write it, or with its value."""


def _variable(text: Plain) -> Plain:
    if _VARIABLE.fullmatch(text):
        return text
    if text.endswith("*") or "," in text:
        hint = "write each variable on a line of its own"
    elif written := _ITS_NAME.fullmatch(text):
        hint = f"write only the name: {written[1]}"
    else:
        hint = "use letters, digits and _, as in ACME_LICENSE"
    raise mistake("E111", f"'{text}' is not the name of an environment variable", hint)


VariableName = Annotated[
    Plain,
    AfterValidator(_variable),
    WithJsonSchema({"type": "string", "pattern": f"^{_VARIABLE.pattern}$"}),
]
"""The name of an environment variable."""


_ENVIRONMENT = late(r"[a-z][a-z0-9_-]{0,62}")


def _environment(text: Plain) -> Plain:
    if _ENVIRONMENT.fullmatch(text) and text not in ("yaml", "yml"):
        return text
    small = text.lower().replace(" ", "_")
    hint = f"write {small}" if _ENVIRONMENT.fullmatch(small) else ""
    raise mistake(
        "E111",
        f"'{text}' is not the name of an environment",
        hint or "use lower-case letters, digits, _ and -, as in production",
    )


EnvironmentName = Annotated[
    Plain,
    AfterValidator(_environment),
    WithJsonSchema({"type": "string", "pattern": f"^{_ENVIRONMENT.pattern}$"}),
]
"""The name of an environment, as files carry it: `providers.<name>.yaml`."""


def _of_livekit(text: Sent) -> Sent:
    """Refuse what cannot be the address of a LiveKit server."""
    if has_template(text) or re.match(r"(?:ws|http)s?://\S+$", text.strip()):
        return text
    bare = re.fullmatch(r"(?:\w+:/+)?([\w.-]+(?::\d{1,5})?)/?", text.strip())
    local = bare is not None and re.match(r"localhost|127\.|\d+\.\d+\.\d+\.\d+", bare[1])
    meant = f"write {'ws' if local else 'wss'}://{bare[1]}" if bare else None
    message = f"'{text}' is not the address of a LiveKit server"
    raise mistake("E114", message, meant or "write it as wss://my-project.livekit.cloud")


LiveKitUrl = Annotated[
    Sent,
    AfterValidator(_of_livekit),
    WithJsonSchema({"type": "string", "pattern": r"^\s*(ws|http)s?://\S+\s*$|\{[{%]"}),
]
"""The address of a LiveKit server."""


class LiveKit(Block):
    """Where the LiveKit server is; the standard environment variables fill what is left out."""

    noun: ClassVar[str] = "livekit"
    bare: ClassVar[str] = "url"

    url: LiveKitUrl | None = key("LIVEKIT_URL without it", None)
    api_key: Credential | None = key("LIVEKIT_API_KEY without it", None)
    api_secret: Credential | None = key("LIVEKIT_API_SECRET without it", None)


class Network(Block):
    """What tools may reach, and by what way."""

    noun: ClassVar[str] = "the network"

    allow: tuple[Host, ...] = key("private or loopback hosts that tools may reach", ())
    proxy: Annotated[Url | Literal[False] | None, OrNo()] = key(
        "the address of a proxy for all requests of tools but those to hosts of the own network; "
        "without it there is none, whatever the environment says",
        None,
    )


class Reload(Block):
    """How changes of the files reach callers while the runner serves."""

    noun: ClassVar[str] = "the reload"

    settle: Duration = key("files that have not changed for so long are taken as saved", 0.4)
    gate: Annotated[str, one_of("check", "tests")] = key(
        "what new files must pass before they are served: check alone, or their own tests too",
        "check",
    )
    gate_timeout: SomeTime = key("tests that take longer count as failed; with gate: tests", 60.0)
    keep_releases: Annotated[int, whole(1, 1000)] = key(
        "so many of the last releases can be gone back to", 10
    )


class Capacity(Block):
    """How much a runner takes on at once."""

    noun: ClassVar[str] = "the capacity"
    bare: ClassVar[str] = "max_calls"

    max_calls: Annotated[int, whole(1, 100_000)] | None = key(
        "so many calls at once, of all agents together; more go to other runners, or wait", None
    )
    max_dialogues: Annotated[int, whole(1, 100_000)] = key(
        "so many dialogues by text at once, on the page and in the API", 1000
    )


class Shutdown(Block):
    """How a runner ends."""

    noun: ClassVar[str] = "the shutdown"
    bare: ClassVar[str] = "drain"

    drain: Duration = key(
        "how long calls may go on after SIGTERM or Ctrl-C; the option --drain comes before it", 60.0
    )


class Log(Block):
    """What the runner writes."""

    noun: ClassVar[str] = "the log"
    bare: ClassVar[str] = "level"

    level: Annotated[str, one_of("debug", "info", "warning", "error")] = key("how much", "info")
    format: Annotated[str, one_of("text", "json")] = key("for people or for programs", "text")


class Process(Block):
    """Settings of the process."""

    noun: ClassVar[str] = "the runner"

    environments: tuple[EnvironmentName, ...] = key(
        "where the folder runs; a file X.<environment>.yaml is read in that one alone, and its "
        "definitions replace others of their name (runner: key by key). The first is meant "
        "without --environment or LKRUN_ENVIRONMENT",
        (),
    )
    livekit: LiveKit = key("where the LiveKit server is", LiveKit.model_construct())
    http: Doors = key("where the page and the API are, and who may ask", Doors.model_construct())
    network: Network = key("what tools may reach", Network.model_construct())
    reload: Reload = key("how changes reach callers", Reload.model_construct())
    capacity: Capacity = key("how much it takes on at once", Capacity.model_construct())
    shutdown: Shutdown = key("how it ends", Shutdown.model_construct())
    log: Log = key("what the runner writes", Log.model_construct())
    records: Records = key("what happened in calls", Records.model_construct())
    data_dir: Plain = key(
        "the folder for what is kept: records, CSV files, what is still to be sent after calls; "
        "relative to the working directory",
        Plain("data"),
    )
    commands: tuple[Program, ...] = key(
        "programs that a tool with mcp: may start, by name or path; none without it", ()
    )
    environment: tuple[VariableName, ...] = key(
        "further environment variables that providers' packages may see, by name; they see the "
        "usual ones, LiveKit's, and those that begin with the plugin's name: ACME_… for acme",
        (),
    )
