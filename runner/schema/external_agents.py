"""External agents: somebody else's program, in any language, takes the call."""

import base64
import binascii
import re
from typing import Annotated, ClassVar, Final, Self

from pydantic import AfterValidator, WithJsonSchema, model_validator

from runner.schema.types.blocks import Block, OneOrList, key
from runner.schema.types.measures import Duration, SomeTime
from runner.schema.types.mistake import mistake
from runner.schema.types.names import AgentName, ExternalAgentName, HeaderKey
from runner.schema.types.settings import Setting
from runner.schema.types.texts import Credential, Sent
from runner.schema.types.urls import Url
from runner.schema.types.values import LanguageTag, YesNo, one_of, whole
from runner.template import has_template

PREFIX: Final = "whsec_"
LEAST_BYTES: Final = 24
"""Bytes of a secret, as Standard Webhooks wants them."""

MAKE_ONE: Final = (
    f"""make one with: echo "{PREFIX}$(openssl rand -base64 32)"; set it in the environment of """
    "lkrun and of the program"
)
"""How a secret is made."""

_INSTEAD: Final = f'{MAKE_ONE}, as AGENT_SECRET, and write "{{{{ secrets.AGENT_SECRET }}}}" here'

_VARIABLE: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?|([A-Z][A-Z0-9]*_[A-Z0-9_]*)")
"""The name of a variable of the environment, as shells write it, or alone."""

_OURS: Final = frozenset(
    {
        "webhook-id", "webhook-timestamp", "webhook-signature", "x-livekit-signature",
        "x-livekit-timestamp",
    }
)  # fmt: skip
"""Headers that say whose a request is."""

_JOB_TYPES: Final = {
    "room": "room",
    "publisher": "publisher",
    "JT_ROOM": "room",
    "JT_PUBLISHER": "publisher",
}
_MEANT_JOBS: Final = {"participant": "publisher", "caller": "publisher", "call": "room"}
_SIGNATURES: Final = {"standardwebhooks": "standard", "standard-webhooks": "standard"}


def secret_problem(secret: str) -> str | None:
    """What is wrong with a secret, without a word of it; None where it can be used."""
    bare = secret.strip()
    if not bare.startswith(PREFIX):
        return f"the secret does not begin with {PREFIX}"
    try:
        held = len(base64.b64decode(bare.removeprefix(PREFIX), validate=True))
    except (binascii.Error, ValueError):
        return f"what stands behind {PREFIX} in the secret is not Base64"
    if held < LEAST_BYTES:
        return f"the secret is too short: it has {held} bytes, and {LEAST_BYTES} are the least"
    return None


def _instead(secret: str) -> str:
    """What to write in place of a secret that stands in the file and cannot be used."""
    variable = _VARIABLE.fullmatch(secret.strip())
    if variable is None:
        return _INSTEAD
    name = (variable[1] or variable[2]).upper()
    return f'write "{{{{ secrets.{name} }}}}", if {name} is set in the environment of lkrun'


def _job_type(text: str) -> str:
    known = _JOB_TYPES.get(text) or _JOB_TYPES.get(text.upper())
    if known is not None:
        return known
    parse = one_of("room", "publisher", meant=_MEANT_JOBS).parse
    return str(parse(text.casefold().removeprefix("jt_")))


JobType = Annotated[str, Setting(_job_type, {"enum": [*_JOB_TYPES]}, "room, publisher")]
"""When LiveKit has something to do for an agent."""


_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def _region(text: str) -> str:
    if _REGION.fullmatch(text):
        return text
    better = re.sub(r"[^A-Za-z0-9._-]+", "-", text.strip()).strip("-._")
    hint = f"write {better}" if _REGION.fullmatch(better) else None
    raise mistake(
        "E111",
        f"'{text}' cannot be the name of a region",
        hint or "use letters, digits and -, as in eu-central-1",
        on="key",
    )


Region = Annotated[
    str, AfterValidator(_region), WithJsonSchema({"pattern": f"^{_REGION.pattern}$"})
]
"""A region, as LKRUN_REGION names it."""


class Attempts(Block):
    """How often, and after which waits, a job is posted again."""

    noun: ClassVar[str] = "retry"
    off: ClassVar[str] = (
        "take the no away, and write max_retries: 0 on the line below, further indented"
    )
    bare: ClassVar[str] = "max_retries"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("attempts", "max_attempts", "retries", "count"), "write max_retries:"),
        **dict.fromkeys(("wait", "delay", "initial_delay", "min_wait"), "write initial_wait:"),
        **dict.fromkeys(("max_delay", "longest_wait"), "write max_wait:"),
        **dict.fromkeys(
            ("backoff", "multiplier", "factor", "jitter"),
            "delete it: each wait is random, up to twice as long as the one before",
        ),
    }

    max_retries: Annotated[int, whole(0, 10)] = key(
        "further attempts where there was no answer, or one that may pass", 3
    )
    initial_wait: Duration = key(
        "the first wait is random and not longer; each further one may be twice as long", 1.0
    )
    max_wait: Duration = key("no wait is longer", 10.0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        both = {"initial_wait", "max_wait"} <= self.model_fields_set
        if both and self.initial_wait > self.max_wait:
            raise mistake(
                "E112",
                f"the first wait may be {self.initial_wait:g}s, and none more than "
                f"{self.max_wait:g}s",
                f"write max_wait: {self.initial_wait:g}s or more, or a shorter initial_wait:",
                at=("max_wait",),
            )
        return self


class ExternalAgent(Block):
    """A program that is told of each call by a signed request, and joins the room."""

    noun: ClassVar[str] = "an external agent"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("url", "webhook", "address", "endpoint"), "write webhook_url:"),
        **dict.fromkeys(("secrets", "api_key", "token", "signing_secret"), "write secret:"),
        **dict.fromkeys(("job_type", "type", "types"), "write job_types:"),
        **dict.fromkeys(("retries", "max_retries"), "write retry: and max_retries: below it"),
        **dict.fromkeys(("health", "health_check"), "write health_url:"),
        **dict.fromkeys(("language", "lang", "languages"), "write locale:"),
        **dict.fromkeys(("fall_back", "backup", "otherwise"), "write fallback:"),
        "auth": "delete it: each request is signed with secret:; a key of yours stands in headers:",
        "method": "delete it: a job is always sent with POST",
        "body": "delete it: docs/external-agents.md shows what is sent",
        "name": "the name of an external agent stands before the colon, one level to the left",
        "start": "it belongs to an agent, below agents:; an external agent is a program of its own",
        "instructions": "the program has its own; an agent with instructions: stands below agents:",
    }

    webhook_url: Url = key("the address that each job is posted to")
    secret: Annotated[tuple[Credential, ...], OneOrList(scalars=True)] = key(
        "what signs each request: whsec_ and Base64 of 24 bytes or more; a list while it is "
        "changed, then each request is signed with each"
    )
    enabled: YesNo = key("no: checked, but not served", True)
    job_types: Annotated[tuple[JobType, ...], OneOrList(scalars=True)] = key(
        "room: a job for each room; publisher: one for each participant who sends sound or a "
        "picture (JT_ROOM and JT_PUBLISHER are read too)",
        ("room",),
    )
    timeout: SomeTime = key("one attempt may take so long", 10.0)
    retry: Attempts = key("further attempts", Attempts.model_construct())
    headers: dict[HeaderKey, Sent] = key("name → value, sent along", {})
    deadline: SomeTime = key(
        "everything together may take so long: attempts, waits, and until somebody has joined; "
        "the caller waits",
        30.0,
    )
    join_timeout: SomeTime = key(
        "a program that has accepted must have joined the room in so long, and within the deadline",
        15.0,
    )
    health_url: Url | None = key(
        "asked every 30s; after 3 failures calls go straight to the fallback", None
    )
    fallback: AgentName | None = key(
        "the agent that takes the call where the program does not; an apology is said without it",
        None,
    )
    locale: LanguageTag | None = key(
        "the language of the apology, such as de or pt-BR; without it that of the fallback, or of "
        "most agents of the folder",
        None,
    )
    signature: Annotated[str, one_of("standard", "livekit", "both", meant=_SIGNATURES)] = key(
        "standard: Standard Webhooks; livekit: X-LiveKit-Signature and X-LiveKit-Timestamp, which "
        "do not protect from requests that are sent again; both",
        "standard",
    )
    token_ttl: SomeTime = key("the program must have joined before its room token ends", 600.0)
    regions: dict[Region, Url] = key(
        "region → address that is used in place of webhook_url: that of LKRUN_REGION, else the one "
        "that answered health_url's path soonest",
        {},
    )
    also: Annotated[tuple[ExternalAgentName, ...], OneOrList(scalars=True)] = key(
        "further external agents that get the same job at the same time; all may join", ()
    )

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if not self.secret:
            raise mistake("E105", "there is no secret here", _INSTEAD, at=("secret",))
        for at, secret in enumerate(self.secret):
            problem = None if has_template(secret) else secret_problem(secret)
            if problem is not None:
                raise mistake("E117", problem, _instead(secret), at=("secret", at))
        if not self.job_types:
            raise mistake(
                "E105", "there is no kind of job here", "write room, or publisher",
                at=("job_types",),
            )  # fmt: skip
        return self

    @model_validator(mode="after")
    def _posted(self) -> Self:
        for name in self.headers:
            if name.casefold() in _OURS:
                raise mistake(
                    "E112",
                    f"the header {name} is lkrun's own: it signs each request itself",
                    "delete it; secret: is what lkrun signs with",
                    at=("headers", name),
                    on="key",
                )
        return self

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        patience = min(self.join_timeout, self.deadline)
        if self.token_ttl < patience:
            raise mistake(
                "E112",
                f"the room's token ends after {self.token_ttl:g}s, and a program has "
                f"{patience:g}s to join",
                f"write token_ttl: {patience:g}s or more, or delete it: it is 10m then",
                at=("token_ttl",),
            )
        both = {"timeout", "deadline"} <= self.model_fields_set
        if both and self.timeout > self.deadline:
            raise mistake(
                "E112",
                f"one attempt may take {self.timeout:g}s, and all of them together only "
                f"{self.deadline:g}s",
                f"write deadline: {self.timeout:g}s or more, or a shorter timeout:",
                at=("deadline",),
            )
        return self
