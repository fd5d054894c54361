"""What of an answer is used: what the model sees, and what is saved."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import jmespath

from runner.egress.mask import Mask
from runner.egress.response.incoming import Content
from runner.egress.trouble import UNUSABLE, RequestError
from runner.schema.http import Result
from runner.schema.types.names import VariableName
from runner.schema.types.texts import Plain
from runner.template import Renderer

DONE: Final = "Done."


def seen(
    result: Result,
    content: Content,
    values: Mapping[str, Any],
    mask: Mask,
    render: Callable[[str, Mapping[str, Any]], str] | None = None,
) -> str:
    """Give what the model sees.

    Args:
        result: the tool's block `result`.
        content: the answer.
        values: what `result.text` may use, with `args`.
        mask: what nobody may see.
        render: renders `result.text`, and notes what is missing in it.

    Raises:
        Trouble: `pick` cannot be taken from this answer.
    """
    if result.hide:
        return DONE
    if result.text is not None:
        render = render or Renderer().render
        text = render(result.text, {**values, "result": content.data}).strip()
    elif result.pick is not None:
        text = _written(picked(result.pick, content))
    elif content.label:
        text = f"Done. The answer is no text ({content.label})."
    else:
        text = "" if content.data is None else _written(content.data)
    return cut(mask.text(text), result.max_size) or DONE


def picked(path: str, content: Content) -> Any:
    """Take a part of an answer.

    Raises:
        Trouble: the answer is no JSON, or the path does not fit it.
    """
    if not content.is_json:
        raise RequestError("the answer is no JSON, so 'pick' finds nothing in it", UNUSABLE)
    try:
        return jmespath.search(path, content.data)
    except Exception:  # noqa: BLE001  (functions of JMESPath meet values of any kind)
        raise RequestError("'pick' does not fit the answer", UNUSABLE) from None


def saved(save: Mapping[VariableName, Plain], content: Content) -> dict[str, Any]:
    """Take what variables get: variable → what its path finds, None where it finds nothing."""
    return {name: _found(path, content.data) for name, path in save.items()}


_FIRST: Final = re.compile(r"\s*(?:\"([^\"]+)\"|([A-Za-z_]\w*))\s*(?=[.\[|]|$)")
_NAMES: Final = 6


def astray(path: str, content: Content) -> str | None:
    """Why a path finds nothing in an answer of this shape, whatever is in it; else None."""
    first, data = _FIRST.match(path), content.data
    if first is None or not content.is_json:
        return None
    name = first[1] or first[2]
    if isinstance(data, list):
        return f"'{path}' finds nothing: the answer is a list, so begin with [0] or []"
    if not isinstance(data, dict) or name in data:
        return None
    names = [n for n in data if re.fullmatch(r"[A-Za-z_][\w-]{0,31}", n)][:_NAMES]
    known = f" (it has {', '.join(names)})" if names else ""
    return f"'{path}' finds nothing: the answer has no '{name}'{known}"


def _found(path: str, data: Any) -> Any:
    try:
        return jmespath.search(path, data)
    except Exception:  # noqa: BLE001  (as above: what cannot be taken is missing)
        return None


def _written(data: Any) -> str:
    if isinstance(data, str):
        return data
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def cut(text: str, most: int) -> str:
    """Shorten a text to so many bytes, and say so at its end."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= most:
        return text
    note = f"\n[The answer was cut here: it is longer than {most / 1024:g} KB.]"
    return raw[: max(0, most - len(note))].decode("utf-8", "ignore") + note
