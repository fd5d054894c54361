"""The section `runner.http.jwt`: the login provider whose ID tokens callers send."""

import ipaddress
from typing import Annotated, ClassVar, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, WithJsonSchema

from runner.schema.types.blocks import Block, OneOrList, key
from runner.schema.types.mistake import mistake
from runner.schema.types.texts import Plain
from runner.template import has_template

_NOT_DESCRIBED: Final = r"(?![\s\S]*/\.well-known/openid-configuration\s*$)"
_HERE: Final = r"([lL][oO][cC][aA][lL][hH][oO][sS][tT]|127\.\d+\.\d+\.\d+|\[::1\])(?![^:/?#\s])"
_KEYS_PATTERN: Final = (
    rf"^{_NOT_DESCRIBED}\s*[hH][tT][tT][pP]([sS]://|://(?={_HERE}))[^/@\s]+([/?#]\S*)?\s*$"
)
_PROVIDER: Final = "https://login.clinic.example"
_KEYS_URL: Final = (
    "write keys_url: and the address of the provider's keys; it stands as jwks_uri in what the "
    "provider shows at its issuer with /.well-known/openid-configuration behind it"
)
_AUDIENCE: Final = (
    "write audience: and what the provider puts into aud: your application's client id, or the "
    "name of your API"
)
_ISSUER: Final = "write issuer: and the provider's own name, exactly as its tokens have it in iss"


class Claim(Plain):
    """A text that stands in tokens, compared letter by letter."""

    __slots__ = ()

    @classmethod
    def read(cls, value: str) -> "Claim":
        """Accept a text that is the same for everybody.

        Raises:
            PydanticCustomError: there is none, or a template, whose value nobody could know.
        """
        if not value.strip():
            hint = "write what the login provider shows for it: no token is good without"
            raise mistake("E105", "there is no text here", hint)
        if has_template(value):
            message = "no template can stand here: whose ID tokens count is no secret"
            raise mistake("E117", message, "write the value itself, as the login provider shows it")
        return cls(value.strip())


def _split(text: str) -> SplitResult:
    try:
        split = urlsplit(text)
        _ = split.port
    except ValueError:
        return urlsplit("")
    return split


def _issuer(text: Claim) -> Claim:
    if _split(text).path.endswith("/.well-known/openid-configuration"):
        bare = text.partition("/.well-known/")[0]
        message = f"'{text}' is where the provider describes itself, not its name"
        hint = f"write {bare} or {bare}/, whichever stands there as issuer"
        raise mistake("E114", message, hint)
    return text


def _keys_url(text: Claim) -> Claim:
    split = _split(text)
    if split.scheme not in ("http", "https") or not split.hostname or " " in text:
        message = f"'{text}' is not an address"
        hint = f"write https://{text}" if _is_bare(text) else _KEYS_URL
        raise mistake("E114", message, hint)
    if split.username is not None or split.password is not None:
        message = "a name or a password stands in the address of the keys"
        raise mistake("E114", message, "delete it: a login provider's keys are open to all")
    if split.scheme == "http" and not _is_here(split.hostname):
        message = "keys that come by http:// could be anybody's"
        raise mistake("E114", message, f"write https://{text.partition('://')[2]}")
    if split.path.endswith("/.well-known/openid-configuration"):
        message = "the provider describes itself here; its keys are elsewhere"
        raise mistake("E114", message, "open this address, and write what stands there as jwks_uri")
    return text


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_bare(text: str) -> bool:
    """Whether only the scheme is missing."""
    host = text.partition("/")[0]
    return (
        "." in host and "://" not in text and " " not in text and bool(_split(f"//{text}").netloc)
    )


Issuer = Annotated[
    Claim,
    AfterValidator(_issuer),
    WithJsonSchema(
        {"type": ["string", "number", "boolean"], "pattern": rf"^{_NOT_DESCRIBED}[\s\S]*\S"}
    ),
]
"""A provider's own name."""

KeysUrl = Annotated[
    Claim,
    AfterValidator(_keys_url),
    WithJsonSchema({"type": "string", "pattern": _KEYS_PATTERN}),
]
"""An address that begins with https://, or http:// on this machine."""


class IdTokens(Block):
    """Callers prove themselves with the ID token of a login provider."""

    noun: ClassVar[str] = "jwt"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("jwks_uri", "jwks_url", "jwks", "jwk_url", "keys"), _KEYS_URL),
        **dict.fromkeys(("issuer_url", "iss", "domain", "provider", "url"), _ISSUER),
        **dict.fromkeys(("client_id", "clientid", "aud", "project_id", "app_id"), _AUDIENCE),
        **dict.fromkeys(
            ("secret", "client_secret", "key", "public_key", "shared_secret"),
            "delete it: the provider's public keys are read at keys_url, and no secret is needed",
        ),
        **dict.fromkeys(
            ("algorithm", "algorithms", "alg"),
            "delete it: RS256, ES256 and EdDSA are taken, whichever the provider uses",
        ),
        **dict.fromkeys(("leeway", "clock_skew"), "delete it: clocks may differ by 60 seconds"),
    }

    issuer: Issuer = key(
        f"whom the tokens must come from: their iss, letter by letter, such as {_PROVIDER}/"
    )
    audience: Annotated[tuple[Claim, ...], OneOrList(scalars=True)] = key(
        "whom they must be meant for: their aud, such as your application's client id; of several "
        "any one"
    )
    keys_url: KeysUrl = key(
        "where the provider's public keys are (its jwks_uri): https, or http on this machine"
    )
