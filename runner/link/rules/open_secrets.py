"""Keys and passwords that stand in a file, where everybody who has the file reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.late_pattern import late
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.rules.braces import FROM_OUTSIDE
from runner.link.walk import Leaf
from runner.schema.types.texts import Credential, Sent, Text
from runner.syntax import as_written
from runner.template import has_template

_KNOWN = late(
    r"\b(sk-[\w-]{16,}|sk_\w{20,}|gsk_\w{20,}|xai-\w{20,}|AIza[\w-]{30,}|gh[pousr]_\w{20,}|glpat-[\w-]{16,}"
    r"|AKIA[A-Z0-9]{12,}|xox[abp]-[\w-]{10,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+)"
)
"""How keys of well-known services look."""

_VARIABLE = late(r"[A-Z][A-Z0-9]*_[A-Z0-9_]*")
"""How variables of the environment are called."""

_SECRET_KEY = late(r"(key|token|secret|password|bearer|authorization)s?$", re.IGNORECASE)
_SECRET_VALUE = late(r"(?:(?:Bearer|Basic|Token)\s+)?(?=\S*\d)(?=\S*[A-Za-z])\S{12,}")
_IN_QUERY = late(r"[?&](?:api_?key|key|token|access_token)=([^&{\s]{8,})", re.IGNORECASE)


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.value, Text) or has_template(leaf.value):
        return
    if leaf.location[0] == "providers" and (outside := FROM_OUTSIDE.fullmatch(leaf.value.strip())):
        name = next(filter(None, outside.groups()))
        named = _SECRET_KEY.search(name) or _SECRET_KEY.search(str(leaf.location[-1]))
        message = f"'{outside[0]}' stays as it is: nothing is filled in there"
        hint = f'write "{{{{ {"secrets" if named else "env"}.{name} }}}}"'
        yield Diagnostic(place, "W207", message, hint)
        return
    if isinstance(leaf.value, Credential) and _VARIABLE.fullmatch(leaf.value.strip()):
        name = leaf.value.strip()
        message = f"'{name}' itself would be sent, and not what the environment has under this name"
        hint = f'write "{{{{ secrets.{name} }}}}", and set {name} in the environment of lkrun'
        yield Diagnostic(place, "W220", message, hint)
        return
    known = _KNOWN.search(leaf.value)
    sent = isinstance(leaf.value, Sent)
    if known and not sent:
        message = "this looks like a secret, and stands where the model or the caller could see it"
        hint = "delete it here; a secret may stand only in what is sent to a service"
        yield Diagnostic(place, "W220", message, hint)
    elif known or (sent and _named(leaf)):
        name = _variable(context, leaf)
        hint = f'write "{_around(leaf, name)}", and set {name} in the environment of lkrun'
        yield Diagnostic(place, "W220", "this looks like a secret, and stands in the open", hint)


def _named(leaf: Leaf) -> bool:
    """Whether the key says that a secret stands here, and the value could be one."""
    if _IN_QUERY.search(leaf.value):
        return True
    keys = [part for part in leaf.location if isinstance(part, str)]
    key = keys[-2] if keys[-1] == "value" else keys[-1]
    return bool(_SECRET_KEY.search(key) and _SECRET_VALUE.fullmatch(leaf.value))


def _variable(context: DefinitionContext, leaf: Leaf) -> str:
    """A name for the secret: that of the service, and what it is."""
    spec, location = context.definition.spec, leaf.location
    plugin = str(getattr(spec, "plugin", "")) if location[0] == "providers" else ""
    owner = plugin if re.fullmatch(r"[\w-]+", plugin) else as_written(str(location[1]))
    last = str(next((part for part in reversed(location) if isinstance(part, str)), ""))
    kind = last if _SECRET_KEY.search(last) and "auth" not in last.casefold() else "api_key"
    kind = "token" if kind == "bearer" else kind
    return re.sub(r"\W+", "_", f"{owner}_{kind}").upper()


def _around(leaf: Leaf, name: str) -> str:
    """The text with the secret's name in place of the secret."""
    secret = f"{{{{ secrets.{name} }}}}"
    match = _KNOWN.search(leaf.value) or _IN_QUERY.search(leaf.value)
    if match:
        start, end = match.span(1)
        return f"{leaf.value[:start]}{secret}{leaf.value[end:]}"
    scheme, _, rest = leaf.value.rpartition(" ")
    return f"{scheme} {secret}" if scheme and rest else secret


RULE = LeafRule(_check, Text)
