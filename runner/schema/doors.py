"""The section `runner.http`: where the front listens, and who may come in."""

import base64
import ipaddress
import re
from typing import Annotated, ClassVar, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, WithJsonSchema, model_validator

from runner.late_pattern import late
from runner.schema.login import IdTokens
from runner.schema.types.blocks import Block, OneOrList, key
from runner.schema.types.measures import Rate
from runner.schema.types.mistake import mistake
from runner.schema.types.texts import Credential, Plain
from runner.schema.types.urls import Url
from runner.schema.types.values import NO, YES
from runner.template import has_template

LISTEN: Final = "127.0.0.1:8090"
_HIGHEST_PORT: Final = 65_535
_LISTEN = late(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):(\d{1,5})")
_ORIGIN = late(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)(:\d{1,5})?")
_USUAL: Final = {"http": 80, "https": 443}

TOKENS_FIRST: Final = (
    'add below http: the line tokens: and below that the line - "{{ secrets.LKRUN_TOKEN }}", and '
    "set LKRUN_TOKEN to a long random text; or listen at 127.0.0.1"
)
"""What to do where other machines could come in."""


A_KEY: Final = 'make one with  echo "whsec_$(openssl rand -base64 24)"'
"""How a secret of Standard Webhooks is made."""

_SHORTEST_KEY: Final = 24


def _is_key(text: str) -> bool:
    """Whether a text is a secret of Standard Webhooks."""
    try:
        key_ = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        return False
    return text.startswith("whsec_") and len(key_) >= _SHORTEST_KEY


def address_of(host: str) -> str | None:
    """The IP address that a host of `listen` means; None where it is neither that nor localhost."""
    bare = host.strip().removeprefix("[").removesuffix("]").lower()
    if bare == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def split_listen(text: str) -> tuple[str, int]:
    """The host and the port of a valid `listen`."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an IP address."""
    return ipaddress.ip_address(address).is_loopback


def _listen(text: Plain) -> Plain:
    written = _LISTEN.fullmatch(text)
    if written and address_of(written[1]) and int(written[2]) <= _HIGHEST_PORT:
        return text
    message = f"'{text}' is not an address and a port of this machine"
    raise mistake("E114", message, _meant_listen(text))


def _meant_listen(text: str) -> str:
    bare = re.sub(r"^\w+://", "", text).split("/")[0]
    if re.fullmatch(r":?\d{1,5}", bare) and int(bare.lstrip(":")) <= _HIGHEST_PORT:
        return f"write the address too: 127.0.0.1:{bare.lstrip(':')}"
    if bare.startswith("*:"):
        bare = f"0.0.0.0{bare[1:]}"  # noqa: S104 - what the person means
    written = _LISTEN.fullmatch(bare)
    if written and int(written[2]) > _HIGHEST_PORT:
        return f"ports go from 0 (any that is free) to {_HIGHEST_PORT}"
    if written and address_of(written[1]):
        return f"write {bare}"
    if address := address_of(bare):
        return f'write the port too: "[{address}]:8090"' if ":" in address else f"write {bare}:8090"
    return (
        "write 127.0.0.1:8090 for this machine alone, 0.0.0.0:8090 for other machines too; how "
        "people call the machine belongs in allowed_origins:"
    )


def _origin(text: Plain) -> Plain:
    low = text.lower()
    if _ORIGIN.fullmatch(low) and _port_of(low) is not False:
        split = urlsplit(low)
        usual = split.port == _USUAL[split.scheme]
        return Plain(low.rpartition(":")[0] if usual else low)
    message = f"'{text}' is not an origin: the beginning of a page's address"
    if "*" in text:
        message = f"'{text}' would let in pages that you do not know"
    raise mistake("E114", message, _meant_origin(low))


def _port_of(origin: str) -> int | bool | None:
    try:
        return urlsplit(origin).port
    except ValueError:
        return False


def _meant_origin(text: str) -> str:
    whole = text if "://" in text else f"https://{text}"
    try:
        split = urlsplit(whole)
    except ValueError:
        split = urlsplit("")
    bare = f"{split.scheme}://{split.netloc}"
    if "." in split.netloc and _ORIGIN.fullmatch(bare) and _port_of(bare) is not False:
        return f"write {bare}"
    return "write each page's origin on a line of its own, such as https://app.clinic.example"


Listen = Annotated[
    Plain,
    AfterValidator(_listen),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\S+:\d{1,5}\s*$"}),
]
"""An IP address (or localhost) and a port, the address of IPv6 in brackets."""

Origin = Annotated[
    Plain,
    AfterValidator(_origin),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[Hh][Tt][Tt][Pp][Ss]?://[^\s/*]+\s*$"}),
]
"""The origin of a page (RFC 6454) as a browser sends it."""


class Doors(Block):
    """Where the front listens, and who may come in."""

    noun: ClassVar[str] = "http"
    elsewhere: ClassVar[dict[str, str]] = {
        "host": "write listen: with the address and the port, such as 0.0.0.0:8090",
        "port": "write listen: with the address and the port, such as 127.0.0.1:8090",
        "token": "write tokens: and each token on a line of its own",
        "origins": "write allowed_origins: and each origin on a line of its own",
        "cors": "write allowed_origins: and each origin on a line of its own",
    }

    listen: Listen = key(
        "the address and the port; another than loopback wants tokens", Plain(LISTEN)
    )
    tokens: Annotated[tuple[Credential, ...], OneOrList(scalars=True)] = key(
        "what programs prove themselves by, with Authorization: Bearer; without any, whoever is on "
        "this machine may do everything",
        (),
    )
    allowed_origins: Annotated[tuple[Origin, ...], OneOrList(scalars=True)] = key(
        "pages of other sites that may ask, such as https://app.clinic.example; and where people "
        "find the runner, if it has a name",
        (),
    )
    jwt: IdTokens | None = key(
        "lets callers in who have signed in at a login provider (Auth0, Clerk, Firebase, any of "
        "OpenID): for calls, and what is their own; whoever is on this machine proves themselves "
        "too then",
        None,
    )
    webhook_secret: Credential | None = key(
        "proves events of services that sign them as Standard Webhooks and have no token: whsec_ "
        "and Base64",
        None,
    )
    rate_limit: Rate | None = key(
        "so many requests of one token, or of one address without; no limit without it", None
    )

    public_url: Url | None = key(
        "how programs elsewhere reach the front, such as https://lkrun.example; external agents "
        "are told to report there, at the listening address without it",
        None,
    )

    @model_validator(mode="after")
    def _signed(self) -> Self:
        text = self.webhook_secret
        if text is not None and not has_template(text) and not _is_key(text.strip()):
            message = "the secret is not whsec_ and Base64 of 24 bytes or more"
            hint = f'{A_KEY}; write "{{{{ secrets.EVENTS }}}}" here, and set EVENTS to it'
            raise mistake("E117", message, hint, at=("webhook_secret",))
        return self

    @model_validator(mode="after")
    def _proven(self) -> Self:
        for at, token in enumerate(self.tokens):
            if token.strip().casefold() in YES | NO:
                hint = "delete tokens: where none is wanted, else write what programs send"
                raise mistake("E117", f"'{token}' is not a token", hint, at=("tokens", at))
            word, _, rest = token.strip().partition(" ")
            if word.casefold() == "bearer" and rest:
                message = f"'{word}' is put before the token by who sends it"
                shown = f'write the token alone: "{rest}"' if has_template(rest) else None
                raise mistake("E117", message, shown or "write the token alone", at=("tokens", at))
        address = address_of(split_listen(self.listen)[0])
        if (
            not self.tokens
            and self.jwt is None
            and address is not None
            and not is_loopback(address)
        ):
            message = f"'{self.listen}' is open to other machines, and there are no tokens"
            raise mistake("E103", message, TOKENS_FIRST, at=("listen",))
        return self
