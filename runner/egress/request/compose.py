"""From the `http` block of a tool to the request that is sent."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx

from runner.egress.request.address import address, pairs, with_query
from runner.egress.request.body import body
from runner.egress.request.headers import QuietRequest, headers
from runner.egress.request.redirect import BODY
from runner.egress.request.texts import Texts, holds_secret
from runner.egress.trouble import RequestError
from runner.link.walk import walk
from runner.schema.http import Request
from runner.secret import STARS, Secret
from runner.template import as_text

_STANDING: Final = {
    b"Accept": b"application/json, */*;q=0.8",
    b"Accept-Encoding": b"gzip, deflate",
    b"User-Agent": b"lkrun",
}
_USER: Final = re.compile(r"^([a-z]+://)[^/?#]*@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that is ready.

    Attributes:
        request: as httpx sends it, without its proof.
        shown: its address without secrets.
        hidden: values that nobody may see, besides the secrets: a password in the address.
        guarded: names of headers, in small letters, that hold a secret; `BODY` where the body does.
    """

    request: httpx.Request
    shown: str
    hidden: tuple[Secret[str], ...]
    guarded: frozenset[str]


def compose(
    spec: Request,
    texts: Texts,
    file: Callable[[str], bytes],
    message: str = "",
    trace: str = "",
) -> Outgoing:
    """Render a request.

    Args:
        spec: the `http` block, with what its service says.
        texts: renders it.
        file: a path below the folder → the bytes of that file.
        message: names the request over all its attempts; a name of its own without it.
        trace: the trace that it belongs to (https://www.w3.org/TR/trace-context/); or nothing.

    Raises:
        RequestError: a secret is missing, or something cannot be sent.
    """
    where = shown = _address(spec, texts)
    if _is_secret(spec):
        used: Mapping[str, Secret[str]] = getattr(texts.secrets, "used", {})
        stars = Texts(texts.values, dict.fromkeys(used, STARS))
        shown = _address(spec, stars).replace("%2A%2A%2A", STARS)
    content, kind = body(spec.body, texts, file)
    written = headers(
        texts.entries({n: t.rstrip("\r\n") for n, t in spec.headers.items()}), _wire_text
    )
    unready = texts.unready()
    if unready is not None:
        raise unready
    url = whole_url(where)
    user = _user(url)
    name = message or uuid4().hex
    key = {b"Idempotency-Key": name.encode()} if spec.idempotency_key or message else {}
    given = {name.lower() for name, _ in written}
    part_of = {b"traceparent": trace.encode()} if trace else {}
    more = {**_STANDING, **kind, **user, **key, **part_of}.items()
    written += [(name, value) for name, value in more if name.lower() not in given]
    request = QuietRequest(spec.method, url, headers=written, content=content)
    if user:
        shown = _USER.sub(rf"\1{STARS}@", shown)
    return Outgoing(request, shown, _hidden(url, user), _guarded(spec))


def _is_secret(spec: Request) -> bool:
    """Whether a secret stands in the address."""
    return holds_secret(spec.url or "") or any(map(holds_secret, spec.query.values()))


def _guarded(spec: Request) -> frozenset[str]:
    if not spec.redirects:
        return frozenset()
    names = {name.lower() for name, text in spec.headers.items() if holds_secret(text)}
    in_body = spec.body is not None and any(
        isinstance(leaf.value, str) and holds_secret(leaf.value) for leaf in walk(spec.body, ())
    )
    return frozenset(names | ({BODY} if in_body else set()))


def _address(spec: Request, texts: Texts) -> str:
    url = address(spec.url or "", texts.text, texts.empty_part)
    return with_query(url, pairs(texts.entries(spec.query), _wire_text))


def _wire_text(value: Any) -> str:
    return as_text(value, wire=True)


def whole_url(text: str) -> httpx.URL:
    """Read an address.

    Raises:
        RequestError: it is none.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise RequestError("the url is not an address once its values are filled in") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise RequestError("the url must begin with https:// or http:// and name a host")
    return url


def _user(url: httpx.URL) -> dict[bytes, bytes]:
    """Write what stands before an @ in the address as HTTP's basic authentication (RFC 7617)."""
    if not url.userinfo:
        return {}
    pair = f"{url.username}:{url.password}".encode()
    return {b"Authorization": b"Basic " + base64.b64encode(pair)}


def _hidden(url: httpx.URL, user: Mapping[bytes, bytes]) -> tuple[Secret[str], ...]:
    encoded = [value.decode().removeprefix("Basic ") for value in user.values()]
    return tuple(map(Secret, filter(None, [url.password, *encoded])))
