"""Secrets made unreadable wherever a service sends them back."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final
from urllib.parse import quote, quote_plus

_SHORTEST: Final = 4
"""Characters. A shorter secret would make words unreadable that have nothing to do with it."""

_SHORTEST_CORE: Final = 8
_BASE64_EDGE: Final = r"[A-Za-z0-9+/_-]{0,4}"


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    for encoded in (quote(secret, safe="", errors="replace"), quote(secret, errors="replace")):
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)
    yield quote_plus(secret, errors="replace")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]


def _base64_cores(secret: str) -> Iterator[str]:
    """Yield what stands in the Base64 of any text that holds the secret, whatever is around it."""
    raw = secret.encode("utf-8", "replace")
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        whole = (before + len(raw)) // 3 * 4
        core = encoded[(before * 8 + 5) // 6 : whole].decode()
        if len(core) >= _SHORTEST_CORE:
            yield core
            yield core.translate(str.maketrans("+/", "-_"))


class Mask:
    """Replaces the values of secrets by three stars: plain, percent-encoded, in JSON, in Base64.

    Secrets of fewer than four characters are left alone in free text.
    """

    STARS: ClassVar[str] = "***"

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the values."""
        long = [each for each in secrets if len(each) >= _SHORTEST]
        plain = {spelling for each in long for spelling in _spellings(each)}
        self._plain = sorted(plain, key=len, reverse=True)
        self._cores = sorted({core for each in long for core in _base64_cores(each)})

    def finds(self, text: str) -> bool:
        """Tell whether a secret stands in a text."""
        return any(each in text for each in self._plain) or any(c in text for c in self._cores)

    def text(self, text: str) -> str:
        """Mask a text."""
        for each in self._plain:
            if each in text:
                text = text.replace(each, self.STARS)
        for core in self._cores:
            if core in text:
                token = f"{_BASE64_EDGE}{re.escape(core)}{_BASE64_EDGE}={{0,2}}"
                text = re.sub(token, self.STARS, text)
        return text

    def data(self, value: Any) -> Any:
        """Mask all texts and numbers of what was JSON; its depth must be bounded."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.data(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.data(item) for item in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            written = str(value)
            return self.text(written) if self.finds(written) else value
        return value
