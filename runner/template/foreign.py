"""Templates as other platforms write them, and how the same is written here.

Handlebars, Liquid, JMESPath, JavaScript and Python all have braces. What can only be theirs is told
as such, with the text that means the same here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from runner.late_pattern import late
from runner.template.pieces import pieces
from runner.template.ways import FILTERS, written


class Foreign(NamedTuple):
    """A piece of a text that is written as elsewhere.

    Attributes:
        message: what it is.
        help: what to write instead.
    """

    begin: int
    end: int
    message: str
    help: str


_LONGEST: Final = 300
"""Characters between the braces: longer than that nobody writes."""

_NAME: Final = r"[A-Za-z_]\w*(?:\.\w+)*"

Say = Callable[[re.Match[str]], str]


def foreign(text: str, readable: Callable[[str], bool]) -> Iterator[Foreign]:
    """Find what is written as on other platforms, in the order of the text.

    Args:
        text: the whole text.
        readable: tells whether an expression can be read as it stands.
    """
    opened: set[str] = set()
    for opening, begin, end in pieces(text):
        if opening != "{{" or end - begin > _LONGEST:
            continue
        inner = text[begin + 2 : end - 2].strip()
        closes = re.fullmatch(_CLOSING, inner)
        if closes and opened:
            yield Foreign(begin, end, "", "")
            continue
        known = _known(inner)
        if known is not None and (_CERTAIN.search(inner) or not readable(inner)):
            message, help_, block = known
            opened |= {block} if block else set()
            yield Foreign(begin, end, message, help_)


def _known(inner: str) -> tuple[str, str, str] | None:
    for pattern, message, say in _SYNTAXES:
        match = re.fullmatch(pattern, inner, re.DOTALL)
        if match:
            help_ = say(match)
            return (message.format(_shown(inner)), help_, inner[:2] if inner[0] in "#^" else "")
    return None


_SHOWN: Final = 40


def _shown(inner: str) -> str:
    line = " ".join(inner.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _block(match: re.Match[str]) -> str:
    what, about = match[1], match[2].strip()
    if what == "each":
        return f"write {{% for item in {about} %}}{{{{ item }}}}{{% endfor %}}"
    if what == "with":
        return f"leave the block out, and write {{{{ {about}.name }}}} for each value of it"
    negation = "not " if what == "unless" else ""
    return f"write {{% if {negation}{about} %}} before it and {{% endif %}} where it ends"


def _end(match: re.Match[str]) -> str:
    statement = {"each": "endfor", "with": "endwith"}.get(match[1] or "", "endif")
    return "write {% else %}" if match[0].startswith("else") else f"write {{% {statement} %}}"


def _value(match: re.Match[str]) -> str:
    return f"write {{{{ {match[1].strip()} }}}}"


def _small_value(match: re.Match[str]) -> str:
    return f"write {{{{ {_small(match[1])} }}}}"


def _last_of(match: re.Match[str]) -> str:
    """The name of a value at the end of the step of a flow that brought it."""
    names = re.findall(r"[A-Za-z_]\w*", match[0])
    return f"write {{{{ {_small(names[-1])} }}}}"


def _small(name: str) -> str:
    """A name as one may be declared; what is known of a call keeps its dots."""
    root, dot, rest = name.partition(".")
    if dot and root.casefold() in _OF_A_CALL:
        return f"{root.casefold()}.{'.'.join(map(_small, rest.split('.')))}"
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", parted).casefold().strip("_0123456789")


def _section(match: re.Match[str]) -> str:
    return f"write {{% if {match[1]} %}} before it and {{% endif %}} where it ends"


def _without(match: re.Match[str]) -> str:
    return f"write {{% if not {match[1]} %}} before it and {{% endif %}} where it ends"


def _date(match: re.Match[str]) -> str:
    name, pattern, zone = match[1], match[2], match[3]
    what = "now" if name.strip("'\"") in ("now", "today") else name
    where = f", and timezone: {zone} in the agent" if zone else ""
    return f"write {{{{ {what}.strftime('{pattern}') }}}}{where}"


def _liquid(match: re.Match[str]) -> str:
    value, name, given = match[1].strip(), match[2], match[3].strip()
    way = FILTERS.get(name)
    if way is not None:
        return f"write {written(way, value, given)}"
    return f"write {{{{ {value} | {name}({given}) }}}}"


def _zone(match: re.Match[str]) -> str:
    return f"write {{{{ now }}}}, and timezone: {match[1]} in the agent"


def _conditional(match: re.Match[str]) -> str:
    test, then, otherwise = (part.strip() for part in match.groups())
    return f"write {{{{ {then} if {test} else {otherwise} }}}}"


def _python_format(match: re.Match[str]) -> str:
    name, form = match[1], match[2].strip()
    if "%" in form.rstrip("%"):
        return f"write {{{{ {name}.strftime('{form}') }}}}"
    places = re.search(r"(\.\d+)?[fgeds%]?$", form)
    digits = places[1] if places and places[1] else ""
    kind = "f" if digits else "s"
    return f"write {{{{ '%{digits}{kind}' | format({name}) }}}}"


_WHERE: Final = late(r"(\w+)\s*(==|!=|>=|<=|>|<)\s*([`'\"]?)([^`'\"]*)[`'\"]?")
_TESTS: Final = {"==": "equalto", "!=": "ne", ">": "gt", "<": "lt", ">=": "ge", "<=": "le"}


def _jmespath(match: re.Match[str]) -> str:
    source, inside, rest = match[1], match[2] or "", match[3]
    steps = [source]
    if inside.startswith("?"):
        steps.append(_selected(inside[1:].strip()))
    if rest:
        steps.append(f"map(attribute='{rest}')")
    return f"write {{{{ {' | '.join([*steps, _JOINED])} }}}}"


_JOINED: Final = "join(', ')"


def _selected(condition: str) -> str:
    compared = _WHERE.fullmatch(condition)
    if compared is None:
        return f"selectattr('{condition}')"
    quote, value = compared[3], compared[4]
    typed = quote != "'" and re.fullmatch(r"-?\d+(\.\d+)?|true|false", value)
    literal = value if typed else f"'{value}'"
    return f"selectattr('{compared[1]}', '{_TESTS[compared[2]]}', {literal})"


def _chosen(match: re.Match[str]) -> str:
    return f"write {{{{ {match[1].strip()} or {match[2].strip()} }}}}"


_OF_A_CALL: Final = frozenset({"call", "caller", "job", "room"})

_LIQUID_DATE: Final = (
    rf"('now'|\"now\"|'today'|\"today\"|{_NAME})\s*\|\s*date\s*:\s*"
    r"['\"]([^'\"]*)['\"](?:\s*,\s*['\"]([^'\"]*)['\"])?"
)
_CLOSING: Final = r"/[A-Za-z][\w.]*|end(?:if|unless|each|with)|else(?: if .*)?|\^|\."
"""What belongs to a block of Handlebars that was told already."""
_STEP: Final = r"\$\w*(?:\(\s*['\"][^'\"]*['\"]\s*\))?(?:\.\w+|\[['\"][^'\"]*['\"]\])+"
"""What a step of n8n has brought: `$json["body"]["name"]`, `$('Webhook').item.json.name`."""
_NUMBERED: Final = r"(\d+(?:\.`?[A-Za-z_]\w*`?(?:\[\d*\])?)+)"
"""What a step of Make has brought: `1.name`, ``2.data[].`Phone` ``."""
_ZONE: Final = late(r"(?:current_time|current_calendar|current_hour)_([A-Za-z]+/[A-Za-z_/]+)")
_CERTAIN: Final = late(rf"^{_ZONE.pattern}$|\[\]|^\d+\.[A-Za-z_`]")
"""What Jinja reads as something that nobody means."""

_SYNTAXES: Final[tuple[tuple[str, str, Say], ...]] = (
    (r"#(if|unless|each|with)\s+(.+)", "'{{{{{}}}}}' is Handlebars", _block),
    (r"#([A-Za-z][\w.]*)", "'{{{{{}}}}}' is Handlebars", _section),
    (r"/([A-Za-z][\w.]*)", "'{{{{{}}}}}' is Handlebars", _end),
    (r"else(?: if .*)?()", "'{{{{{}}}}}' is Handlebars", _end),
    (r">\s*\S+", "'{{{{{}}}}}' is Handlebars", lambda _: "write the text itself"),
    (r"!--.*", "'{{{{{}}}}}' is a comment of Handlebars", lambda _: "write {# … #}"),
    (rf"\{{\s*({_NAME})\s*\}}", "three braces stand here", _value),
    (rf"&\s*({_NAME})", "'{{{{{}}}}}' is Handlebars", _value),
    (r"\^\s*(\w[\w.]*)", "'{{{{{}}}}}' is Handlebars", _without),
    (rf"\$(?:json\.)?({_NAME})", "a name has no '$' here", _small_value),
    (_STEP, "a name has no '$' here", _last_of),
    (_NUMBERED, "a name begins with a letter, and '{}' does not", _last_of),
    (r"(\d+_*[A-Za-z_]\w*)", "a name begins with a letter, and '{}' does not", _small_value),
    (
        _LIQUID_DATE,
        "'date:' is written otherwise here",
        _date,
    ),
    (
        r"([^|]+?)\|\s*(\w+)\s*:\s*(.+)",
        "what a filter needs stands in ( ) here, not behind ':'",
        _liquid,
    ),
    (_ZONE.pattern, "'{}' is not a name here", _zone),
    (
        rf"({_NAME})\[(\*|\?[^\]]*)?\](?:\.({_NAME}))?",
        "'{}' is JMESPath, and a template stands here",
        _jmespath,
    ),
    (r"([^?|]+?)\s*\?\?\s*([^?|]+)", "'??' is JavaScript", _chosen),
    (
        rf"({_NAME}(?:\?\.\w+)+)",
        "'?.' is not needed: what is missing is empty",
        lambda match: f"write {{{{ {match[1].replace('?', '')} }}}}",
    ),
    (r"([^?:]+?)\s*\?\s*([^?:]+?)\s*:\s*([^?:]+)", "'… ? … : …' is JavaScript", _conditional),
    (rf"({_NAME})\s*:\s*([^'\"]*[\d.%][^'\"]*)", "':' cannot stand here", _python_format),
    (
        r"[fF](?:'[^']*'|\"[^\"]*\")",
        "f'…' is Python",
        lambda _: "write the words outside of the braces, and each value in braces of its own",
    ),
    (
        r"`[^`]*`",
        "`…` is JavaScript",
        lambda _: "write the words outside of the braces, and each value in braces of its own",
    ),
)
"""What stands between `{{` and `}}` elsewhere, what it is, and what to write here."""
