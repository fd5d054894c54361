"""From the `http` block of a tool to the request that is sent."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus

import httpx

from runner.egress.mask import Mask
from runner.egress.network.wire import PRIVATE
from runner.egress.request.address import address, form_encoded, pairs, with_query
from runner.egress.secrets import Ledger
from runner.egress.trouble import CANNOT_ASK, RequestError
from runner.schema.http import Body, Request
from runner.template import EMPTY, Empty, Failure, Renderer, as_text

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING: Final = frozenset(
    {"connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade"}
)
_STANDING: Final = {
    "Accept": b"application/json, */*;q=0.8",
    "Accept-Encoding": b"gzip, deflate",
    "User-Agent": b"lkrun",
}
_USER: Final = re.compile(r"^([a-z]+://)[^/?#]*@", re.IGNORECASE)


@dataclass(slots=True)
class _Texts:
    """Renders the texts of one request, and keeps what stood in the way."""

    values: Mapping[str, Any]
    secrets: Mapping[str, str]
    missing: list[tuple[str, ...]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    renderer: Renderer = field(init=False)

    def __post_init__(self) -> None:
        self.values = {**self.values, "secrets": self.secrets}
        self.renderer = Renderer(self.missing.append, self.failures.append, wire=True)

    def text(self, text: str, **how: Any) -> str:
        return self.renderer.render(text, self.values, **how)

    def value(self, text: str) -> Any:
        """Render a value; `EMPTY` where it is one empty expression."""
        value = self.renderer.value(text, self.values)
        return EMPTY if value is None else value

    def entries(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Render values, and leave those out that are missing."""
        values = {name: self.value(text) for name, text in texts.items()}
        return {name: value for name, value in values.items() if not isinstance(value, Empty)}

    def unready(self) -> RequestError | None:
        """Complain of secrets that are missing, and of what could not be worked out."""
        missing = getattr(self.secrets, "missing", ())
        if missing:
            names = " and ".join(f"'{name}'" for name in missing)
            where = "in the environment or in LKRUN_SECRETS_DIR"
            return RequestError(f"the secret {names} is missing: there is no value for it {where}")
        if self.failures:
            why = self.failures[0].message
            return RequestError(f"a value of the request cannot be worked out: {why}")
        return None

    def empty_part(self) -> RequestError:
        """Complain of an empty value in the path, by its name where that is known."""
        unready = self.unready()
        if unready is not None:
            return unready
        if not self.missing:
            return RequestError("a part of the url's path is empty, so nothing was sent")
        path = self.missing[0]
        name = path[1] if path[0] == "args" and len(path) > 1 else ".".join(path)
        told = f"it needs a value for '{name}'" if path[0] == "args" else CANNOT_ASK
        return RequestError(f"'{name}' has no value, and the url's path needs it", told)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that is ready.

    Attributes:
        request: as httpx sends it.
        shown: its address without secrets.
        hidden: values that nobody may see, besides the secrets: a password in the address.
    """

    request: httpx.Request
    shown: str
    hidden: tuple[str, ...]


def compose(spec: Request, values: Mapping[str, Any], ledger: Ledger) -> Outgoing:
    """Render a request.

    Args:
        spec: the `http` block.
        values: all that its templates may use, but for `secrets`.
        ledger: reads the secrets and keeps account of them.

    Raises:
        Trouble: a secret is missing, or something cannot be sent.
    """
    texts = _Texts(values, ledger)
    where = shown = _address(spec, texts)
    if ledger.used:
        stars = _Texts(values, dict.fromkeys(ledger.used, Mask.STARS))
        shown = _address(spec, stars).replace("%2A%2A%2A", Mask.STARS)
    content, kind = _body(spec.body, texts)
    headers = _headers(texts.entries({n: t.rstrip("\r\n") for n, t in spec.headers.items()}))
    unready = texts.unready()
    if unready is not None:
        raise unready
    url = _url(where)
    written = httpx.Headers(headers)
    user = _user(url)
    for name, value in {**_STANDING, **kind, **user}.items():
        written.setdefault(name, value.decode())
    request = httpx.Request(
        spec.method, url, headers=written, content=content,
        extensions={PRIVATE: spec.private_network},
    )  # fmt: skip
    shown = _USER.sub(rf"\1{Mask.STARS}@", shown)
    return Outgoing(request, shown, _hidden(url, user))


def _address(spec: Request, texts: _Texts) -> str:
    url = address(spec.url, texts.text, texts.empty_part)
    return with_query(url, pairs(texts.entries(spec.query), _wire_text))


def _wire_text(value: Any) -> str:
    return as_text(value, wire=True)


def _url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise RequestError("the url is not an address once its values are filled in") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise RequestError("the url must begin with https:// or http:// and name a host")
    return url


def _headers(entries: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Write headers, in UTF-8 where a letter is beyond ASCII."""
    written = []
    for name, value in entries.items():
        if name.lower() in _FRAMING:
            raise RequestError(
                f"the header '{name}' cannot be set: it follows from the request itself"
            )
        text = _wire_text(value).strip(" \t")
        if _CONTROL.search(text):
            raise RequestError(
                f"the value of the header '{name}' has a line break or control character"
            )
        written.append((name.encode(), text.encode("utf-8", "replace")))
    return written


def _user(url: httpx.URL) -> dict[str, bytes]:
    """Write what stands before an @ in the address as HTTP's basic authentication (RFC 7617)."""
    if not url.userinfo:
        return {}
    pair = f"{url.username}:{url.password}".encode()
    return {"Authorization": b"Basic " + base64.b64encode(pair)}


def _hidden(url: httpx.URL, user: Mapping[str, bytes]) -> tuple[str, ...]:
    encoded = [value.decode().removeprefix("Basic ") for value in user.values()]
    return (*filter(None, [url.password]), *encoded)


def _body(body: Body | None, texts: _Texts) -> tuple[bytes | None, dict[str, bytes]]:
    if body is None:
        return None, {}
    if body.form is not None:
        entries = pairs(texts.entries(body.form), _wire_text)
        content = form_encoded(entries, quote_via=quote_plus).encode()
        return content, {"Content-Type": b"application/x-www-form-urlencoded"}
    if body.text is not None:
        content = texts.text(body.text).encode("utf-8", "replace")
        return content, {"Content-Type": b"text/plain; charset=utf-8"}
    data = texts.renderer.json_value(body.json_, texts.values)
    if isinstance(data, Empty):
        return None, {}
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return written.encode("utf-8", "replace"), {"Content-Type": b"application/json"}
