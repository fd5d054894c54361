"""How a request proves who sends it: one class a kind."""

import re
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import AfterValidator, Discriminator, Tag, model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.types.blocks import Block, OneOrList, key, kinds, kinds_of
from runner.schema.types.files import AttachedFile
from runner.schema.types.mistake import clash, mistake
from runner.schema.types.names import HeaderName
from runner.schema.types.texts import Credential, Plain, Sent
from runner.schema.types.urls import Url
from runner.schema.types.values import one_of
from runner.template import has_template

_BEARER = "write bearer: and the token after it"
_PAIR = "write basic: with username: and password: below it"


class AnyAuth(Block):
    """What every kind of proof has: nothing but its names."""

    noun: ClassVar[str] = "auth"
    bare: ClassVar[str] = "bearer"
    elsewhere: ClassVar[dict[str, str]] = {
        "token": _BEARER,
        "access_token": _BEARER,
        "username": _PAIR,
        "user": _PAIR,
        "password": _PAIR,
        "secret": "write hmac: with secret: below it",
        "client_id": "write it below oauth2:",
        "client_secret": "write it below oauth2:",
        "token_url": "write it below oauth2:",
        "header": "write api_key: with value: and header: below it",
        "value": "write api_key: with value: and header: below it",
    }


class Bearer(AnyAuth):
    """A token in the header `Authorization` (RFC 6750)."""

    kind: ClassVar[str] = "bearer"

    bearer: Credential = key("the token, without the word Bearer")

    @model_validator(mode="after")
    def _token_alone(self) -> Self:
        word, _, token = self.bearer.strip().partition(" ")
        if word.casefold() == "bearer" and token:
            raise mistake(
                "E117",
                f"'{word}' is put before the token by itself",
                f'write the token alone: bearer: "{token}"'
                if has_template(token)
                else "write the token alone",
                at=("bearer",),
            )
        return self


class UserAndPassword(Block):
    """A user's name and password."""

    noun: ClassVar[str] = "basic"

    username: Credential = key("the user's name")
    password: Sent = key("the password; it may be empty")


class Basic(AnyAuth):
    """A user's name and password in the header `Authorization` (RFC 7617)."""

    kind: ClassVar[str] = "basic"

    basic: UserAndPassword = key("a user's name and password")


class KeyAndPlace(Block):
    """A key, and the name that it is sent under."""

    noun: ClassVar[str] = "an API key"
    rules: ClassVar[JsonSchemaValue] = {
        "oneOf": [{"required": ["header"]}, {"required": ["query"]}]
    }
    elsewhere: ClassVar[dict[str, str]] = {
        "name": "write header: or query: and the name after it",
        "key": "write value:",
        "in": "write header: or query: and the name after it",
    }

    value: Credential = key("the key itself")
    header: HeaderName | None = key("the header that it is sent in", None)
    query: Plain | None = key("the name in the query that it is sent under", None)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.header is not None and self.query is not None:
            raise clash("header", "query", self.noun)
        if self.header is None and self.query is None:
            raise mistake(
                "E103",
                "an API key needs the name that it is sent under",
                "add header: and the name after it, such as X-Api-Key, or query: and the name",
            )
        return self


class ApiKey(AnyAuth):
    """A key in a header or in the query."""

    kind: ClassVar[str] = "api_key"

    api_key: KeyAndPlace = key("a key, and the name that it is sent under")


def _one_scope(text: Sent) -> Sent:
    several = [part for part in re.split(r"\s*,\s+|\s+", text.strip()) if part]
    if "," in text and len(several) > 1 and not has_template(text):
        listed = " and ".join(f"- {part}" for part in several)
        raise mistake("E117", f"'{text}' is more than one scope", f"write one a line: {listed}")
    return text


Scope = Annotated[Sent, AfterValidator(_one_scope)]
"""What a token shall be good for; several stand in one text with spaces between them."""


class Client(Block):
    """How an access token is got."""

    noun: ClassVar[str] = "oauth2"
    rules: ClassVar[JsonSchemaValue] = {
        "anyOf": [{"required": ["client_secret"]}, {"required": ["refresh_token"]}]
    }
    token_url: Url = key("where tokens are given")
    client_id: Credential = key("the client's id")
    client_secret: Credential | None = key("the client's secret", None)
    scopes: Annotated[tuple[Scope, ...], OneOrList(scalars=True)] = key(
        "what the token shall be good for", ()
    )
    audience: Sent | None = key("which service the token is for, where several share a login", None)
    refresh_token: Credential | None = key(
        "the grant of a person: lkrun auth gets one; without it, client credentials", None
    )

    @model_validator(mode="after")
    def _has_a_grant(self) -> Self:
        if self.client_secret is None and self.refresh_token is None:
            raise mistake(
                "E103",
                "oauth2 needs 'client_secret'",
                "add client_secret:, or refresh_token: for a grant that a person has given",
            )
        return self


class OAuth2(AnyAuth):
    """An access token that lkrun gets, keeps, and renews before it expires (RFC 6749)."""

    kind: ClassVar[str] = "oauth2"

    oauth2: Client = key("how an access token is got")


_DESCRIBED = ("algorithm", "encoding", "prefix", "signs", "timestamp_header")


class Signature(Block):
    """What is signed, and where the signature stands."""

    noun: ClassVar[str] = "hmac"
    rules: ClassVar[JsonSchemaValue] = {
        "allOf": [
            {"dependentRequired": {name: ["header"] for name in _DESCRIBED}},
            {
                "if": {
                    "required": ["signs"],
                    "properties": {"signs": {"const": "timestamp_body"}},
                },
                "then": {"required": ["timestamp_header"]},
            },
        ]
    }

    secret: Credential = key("the shared secret; alone: Standard Webhooks, whsec_ and Base64")
    header: HeaderName | None = key("the header that the signature is sent in", None)
    algorithm: Annotated[str, one_of("sha256", "sha1", "sha512")] = key(
        "the hash of the signature", "sha256"
    )
    encoding: Annotated[str, one_of("hex", "base64")] = key("how it is written", "hex")
    prefix: Plain | None = key("what stands before it, such as sha256=", None)
    signs: Annotated[str, one_of("body", "timestamp_body")] = key(
        "what is signed: the body, or the time, a dot and the body", "body"
    )
    timestamp_header: HeaderName | None = key("the header that the time is sent in", None)

    @model_validator(mode="after")
    def _described(self) -> Self:
        given = [n for n in _DESCRIBED if n in self.model_fields_set]
        if given and self.header is None:
            raise mistake(
                "E112",
                f"'{given[0]}' goes with 'header'",
                "add header: and the name of the header that the signature is sent in, "
                "or keep secret: alone for Standard Webhooks",
                at=(given[0],),
                on="key",
            )
        if self.signs == "timestamp_body" and self.timestamp_header is None:
            raise mistake(
                "E103",
                "a signature of the time needs 'timestamp_header'",
                "add timestamp_header: and the name of the header that the time is sent in",
                at=("signs",),
            )
        return self


class Hmac(AnyAuth):
    """A signature of each request, by a secret that both sides know (RFC 2104)."""

    kind: ClassVar[str] = "hmac"

    hmac: Signature = key("what is signed, and where the signature stands")


def _is_sent(value: object) -> str:
    is_text = isinstance(value, Sent) or (isinstance(value, str) and has_template(value))
    return "<Credential>" if is_text else "<AttachedFile>"


Pem = Annotated[
    Annotated[AttachedFile, Tag("<AttachedFile>")] | Annotated[Credential, Tag("<Credential>")],
    Discriminator(_is_sent),
]
"""A file of the folder, or a text such as `{{ secrets.NAME }}` that is its content."""


class ClientCertificate(Block):
    """A certificate of this side, for the connection itself."""

    noun: ClassVar[str] = "mtls"
    certificate: Pem = key("the certificate, and those between it and its authority (PEM)")
    key_: Pem = key("its private key (PEM, without a password)", alias="key")
    authority: Pem | None = key(
        "the certificate authority that is trusted instead of the usual ones (PEM)", None
    )


class Mtls(AnyAuth):
    """A certificate by which the connection itself proves who sends (RFC 8446)."""

    kind: ClassVar[str] = "mtls"

    mtls: ClientCertificate = key("a certificate and its key")


Auth: TypeAlias = kinds("auth", *kinds_of(AnyAuth))  # type: ignore[valid-type]  # built from the classes
"""How a request proves who sends it: exactly one kind."""
