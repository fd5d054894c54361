"""Placeholders that nothing fills in: `{name}`, `${name}`, `[name]`, `<name>`, `%name%`.

In words that are spoken nobody wants to hear them. In what the model is told or a service is sent
they may be meant, so only those are told that name a value there is: a variable, a parameter, a
secret (`${API_KEY}`, `secrets.API_KEY`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.diagnostics.nearest import nearest
from runner.late_pattern import late
from runner.link import foreign_names as foreign
from runner.link.fields import arguments
from runner.link.names import ATTRIBUTES, OPEN
from runner.link.rule import UseContext, UseRule
from runner.link.walk import Leaf
from runner.schema.http import Body
from runner.schema.types.settings import SECRET_ENDINGS
from runner.schema.types.texts import Condition, Credential, Plain, Scalar, Sent, Spoken, Text
from runner.template import MOMENTS, without_templates

_PATH = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_SINGLE = late(rf"(?<!\{{)[$#]?\{{ ?({_PATH}) ?\}}(?!\}})")
_SPOKEN = late(
    rf"(?<!\{{)[$#]?\{{!? *({_PATH}(?:[ -]\w+)*)(?:[!:][^{{}}]*)? *\}}{{1,2}}(?!\}})"
    rf"|\[\[? ?({_PATH}(?:[ -]\w+){{0,2}}) ?\]\]?(?!\()"
    rf"|<<? ?({_PATH}(?:[ -]\w+){{0,2}}) ?>?>"
    rf"|(?<!\w)%({_PATH})%"
    rf"|(?<![\w$])\$([a-z_]{{2,}}\w*)(?![\w.]*\.\w)"
    rf"|(?<![\w$])\$([a-z_]\w*(?:\.\w+)+)"
    rf"|<%[=-]? *({_PATH}) *%>"
    rf"|%\(({_PATH})\)[sd]"
    rf"|(?<!\w)__([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)__(?!\w)"
    rf"|[\uff5b]+\s*({_PATH}(?:[ -]\w+)*)\s*[\uff5d]+"
)
_BARE = late(
    r"(?<![\w./@{$-])(?<!\{ )"
    r"((?:args|call|caller|env|error|job|result|room|secrets)(?:\.[A-Za-z_]\w*)+)"
    r"(?![\w(/@}-])"
)
"""Values that stand in a text without braces."""
FROM_OUTSIDE = late(r"\$\{?([A-Z][A-Z0-9_]*)\}?|%([A-Z][A-Z0-9_]*)%|\$\{?env[:.](\w+)\}?")
"""How other programs read a variable of the environment, or a secret."""
_QUOTES = ("'", '"')
_TAGS = frozenset(
    (
        *("a", "audio", "b", "br", "break", "breath", "em", "emotion", "emphasis", "i", "lang"),
        *("laugh", "lexeme", "mark", "mstts", "p", "pause", "phoneme", "prosody", "s", "say"),
        *("silence", "speak", "speed", "spell", "strong", "sub", "u", "voice", "volume", "w"),
    )
)
"""Elements that voices understand (SSML, and what single makers add)."""
_SOUNDS = late(
    r"(?:laugh|sigh|whisper|cough|gasp|chuckl|giggl|clear|paus|breath|excited|sad|happy|angry|"
    r"curious|sarcastic|music|silence|beat|cry|crying|gulp|yawn|sniff|hum|applause|exhal|inhal|"
    r"shout|soft|slow|fast|calm|cheerful|serious|surprised|nervous|mischiev|sing|snort|swallow)"
)
"""Words in brackets that some voices act out."""


def _check(context: UseContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    text = leaf.value
    if not isinstance(text, Text) or isinstance(text, Condition | Plain | Scalar):
        return
    if "{" in text and context.texts.analysis(text).problems:
        return  # told already: nothing of it is filled in
    hidden = without_templates(text) if re.search(r"[.{\[<%$_\uff5b]", text) else ""
    yield from _without_braces(context, leaf, place, hidden)
    if not re.search(r"[{\[<%$_\uff5b]", text):
        return
    spoken = isinstance(text, Spoken)
    known: set[str] = set()
    for match in (_SPOKEN if spoken else _SINGLE).finditer(hidden):
        written = next(filter(None, match.groups()))
        name = _meant(written, leaf, context)
        if match[0] in known or (name is None and not (spoken and _is_placeholder(match))):
            continue
        if not spoken and not _is_meant(match, leaf):
            continue
        known.add(match[0])
        if name is not None:
            context.read.add(name.partition(".")[0])
        yield _warning(context, leaf, place, match, _help(context, name, written))


def _without_braces(
    context: UseContext, leaf: Leaf, place: Span, hidden: str
) -> Iterator[Diagnostic]:
    """Values whose braces were forgotten, and what other programs read from the environment."""
    text = leaf.value
    assert isinstance(text, Text)  # noqa: S101 - the caller has looked
    found = {m[0]: m for m in _BARE.finditer(hidden) if _meant(m[1], leaf, context) == m[1]}
    if isinstance(text, Sent) and (outside := FROM_OUTSIDE.fullmatch(hidden.strip())):
        name = next(filter(None, outside.groups()))
        names = (name, str(leaf.location[-1]).upper())
        secret = isinstance(text, Credential) or any(n.endswith(SECRET_ENDINGS) for n in names)
        hint = f"write {{{{ {'secrets' if secret else 'env'}.{name} }}}}"
        if foreign.small(name) not in context.scope.variables:
            yield _warning(context, leaf, place, outside, hint)
    for match in found.values():
        context.read.add(match[1].partition(".")[0])
        yield _warning(context, leaf, place, match, f"write {{{{ {match[1]} }}}}")


def _warning(
    context: UseContext, leaf: Leaf, place: Span, match: re.Match[str], hint: str
) -> Diagnostic:
    text = str(leaf.value)
    plain = context.definition.document.style(leaf.location) == "plain"
    if plain and match[0] == text.strip():
        hint = re.sub(r"\{\{[^{}]*\}\}", r'"\g<0>"', hint)
    line = text.count("\n", 0, match.start()) + 1
    column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
    span = context.texts.pinpoint.at(place, leaf.value, line, column, match[0])
    message = f"'{match[0]}' stays as it is: nothing is filled in there"
    if match[1] is not None and "{" in match[0]:
        message = f"'{match[0]}' stays as it is: nothing is filled in between single braces"
    return Diagnostic(span, "W207", message, hint)


def _help(context: UseContext, name: str | None, written: str) -> str:
    if name is not None:
        return f"write {{{{ {name} }}}}"
    small = foreign.small(written)
    near = nearest(small, context.scope.variables)
    if near is not None:
        return f"write {{{{ {near} }}}}"
    return f"write {{{{ {small} }}}}, and declare {small}: in the agent's variables:"


def _is_placeholder(match: re.Match[str]) -> bool:
    """Whether it can be nothing else: tags and sounds are for some voices."""
    written = next(filter(None, match.groups()))
    if match[5] is not None:
        return False  # an amount of money, or a name of somewhere else
    word = written.split()[0].casefold()
    if match[3] is not None and (word in _TAGS or f"</{word}" in match.string.casefold()):
        return False
    return match[2] is None or not _SOUNDS.match(word)


def _meant(written: str, leaf: Leaf, context: UseContext) -> str | None:
    """How the name is written in a template, if it has a value here."""
    fields = arguments(leaf, context.definition, context.spec, context.scope).fields
    variables = context.scope.variables
    for name in dict.fromkeys((written, foreign.small(written) if "." not in written else written)):
        root, _, rest = name.partition(".")
        if rest:
            part = rest.partition(".")[0]
            known = (
                part in ATTRIBUTES.get(root, ())
                or (root == "args" and part in fields)
                or (root in ("error", "result") and root in leaf.names)
                or (root in ("secrets", "env") and isinstance(leaf.value, Sent))
            )
            if known or root in variables:
                return name
        elif root in fields:
            return f"args.{root}"
        elif root in variables or root in MOMENTS or (root == OPEN and context.scope.agent.hours):
            return root
    same = foreign.same(tuple(written.split("."))) if isinstance(leaf.value, Spoken) else None
    return same if same is not None and "(" not in same else None


def _is_meant(braces: re.Match[str], leaf: Leaf) -> bool:
    """What a service is sent may have braces of its own, as GraphQL has."""
    if not isinstance(leaf.owner, Body) or braces[0].startswith("$"):
        return True
    text = braces.string
    before, after = text[: braces.start()], text[braces.end() :]
    return not (before or after) or (before[-1:] in _QUOTES and after[:1] == before[-1:])


RULE = UseRule(_check, Text)
