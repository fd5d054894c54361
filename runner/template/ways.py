"""Filters, functions, methods, tests and statements of other languages → how it is written here.

In a way, `{v}` is the value, `{g}` what was given, and `({r})` what was given after the first.
"""

from __future__ import annotations

from typing import Final

from runner.late_pattern import late

FILTERS: Final[dict[str, str]] = {
    "append": "{v} ~ {g}",
    "as_datetime": "{v}",
    "ceil": "{v} | round(0, 'ceil')",
    "currency": "'%.2f' | format({v})",
    "date": "{v}.strftime('%A')",
    "date_format": "{v}.strftime('%A')",
    "divided_by": "{v} / {g}",
    "downcase": "{v} | lower",
    "floor": "{v} | round(0, 'floor')",
    "format_date": "{v}",
    "from_json": "{v}",
    "json": "{v} | tojson",
    "lowercase": "{v} | lower",
    "lstrip": "{v} | trim",
    "minus": "{v} - {g}",
    "money": "'%.2f' | format({v})",
    "number_format": "'%.2f' | format({v})",
    "ordinal": "{v}",
    "phone": "{v} | spell",
    "prepend": "{g} ~ {v}",
    "regex_replace": "{v} | replace('this', 'that')",
    "rstrip": "{v} | trim",
    "size": "{v} | length",
    "split": "{v}.split({g})",
    "strip": "{v} | trim",
    "strftime": "{v}.strftime({g})",
    "times": "{v} * {g}",
    "timestamp_custom": "{v}.strftime({g})",
    "title_case": "{v} | title",
    "titlecase": "{v} | title",
    "titleize": "{v} | title",
    "to_float": "{v} | float",
    "to_int": "{v} | int",
    "to_json": "{v} | tojson",
    "uniq": "{v} | unique | list",
    "upcase": "{v} | upper",
    "uppercase": "{v} | upper",
    "where": "{v} | selectattr('name', 'equalto', 'value') | list",
}

FUNCTIONS: Final[dict[str, str]] = {
    "Number": "{v} | float",
    "String": "{v}",
    "abs": "{v} | abs",
    "as_timestamp": "{v}",
    "bool": "{v}",
    "date": "today",
    "defined": "{v} is known",
    "empty": "{v} is not known",
    "env": "env.NAME",
    "exists": "{v} is known",
    "float": "{v} | float",
    "format": "'%.2f' | format({v})",
    "int": "{v} | int",
    "isset": "{v} is known",
    "len": "{v} | length",
    "list": "{v} | list",
    "lower": "{v} | lower",
    "max": "{v} | max",
    "min": "{v} | min",
    "now": "now",
    "parseFloat": "{v} | float",
    "parseInt": "{v} | int",
    "reversed": "{v} | reverse | list",
    "round": "{v} | round({r})",
    "sorted": "{v} | sort",
    "str": "{v}",
    "strftime": "now.strftime('%A')",
    "sum": "{v} | sum",
    "today": "today",
    "upper": "{v} | upper",
    "utcnow": "now",
}

METHODS: Final[dict[str, str]] = {
    "astimezone": "{v}",
    "dumps": "{g} | tojson",
    "endsWith": "{v}.endswith({g})",
    "format": "'%.2f' | format({g})",
    "includes": "{g} in {v}",
    "indexOf": "{v}.find({g})",
    "map": "{v} | map(attribute='name') | join(', ')",
    "now": "now",
    "replaceAll": "{v} | replace({g})",
    "round": "{g} | round",
    "slice": "{v}[0:3]",
    "startsWith": "{v}.startswith({g})",
    "stringify": "{g} | tojson",
    "toFixed": "'%.{g}f' | format({v})",
    "toISOString": "{v}.isoformat()",
    "toLocaleDateString": "{v}",
    "toLocaleString": "{v}",
    "toLocaleTimeString": "{v}",
    "toLowerCase": "{v} | lower",
    "toString": "{v}",
    "toUpperCase": "{v} | upper",
    "today": "today",
    "trim": "{v} | trim",
    "utcnow": "now",
    "zfill": "'%02d' | format({v})",
}

MOMENT_METHODS: Final[dict[str, str]] = {
    "getDate": "{v}.day",
    "getDay": "{v}.weekday()",
    "getFullYear": "{v}.year",
    "getHours": "{v}.hour",
    "getMinutes": "{v}.minute",
    "getMonth": "{v}.month",
    "toDateString": "{v}.strftime('%A %d %B %Y')",
    "toLocaleTimeString": "{v}.strftime('%H:%M')",
    "toTimeString": "{v}.strftime('%H:%M')",
}
"""Methods of a moment elsewhere."""

_PATTERN: Final = late(r"YYYY|yyyy|YY|MMMM|MMM|MM|DD|dd(?:dd)?|HH|hh|mm|ss|A|a|EEEE")
_PARTS: Final = {
    "A": "%p",
    "DD": "%d",
    "EEEE": "%A",
    "HH": "%H",
    "MM": "%m",
    "MMM": "%b",
    "MMMM": "%B",
    "YY": "%y",
    "YYYY": "%Y",
    "a": "%p",
    "dd": "%d",
    "dddd": "%A",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "yyyy": "%Y",
}


def clock(pattern: str) -> str:
    """Give the pattern of `strftime` for one of JavaScript's or Java's: `HH:mm` is `%H:%M`."""
    return pattern if "%" in pattern else _PATTERN.sub(lambda part: _PARTS[part[0]], pattern)


TAGS: Final[dict[str, str]] = {
    "assign": "write {% set name = value %}",
    "capture": "write {% set name %} and {% endset %}",
    "case": "write {% if … == … %}, {% elif … == … %} and {% endif %}",
    "comment": "write {# … #}",
    "echo": "write {{ name }}",
    "else if": "write {% elif … %}",
    "elseif": "write {% elif … %}",
    "elsif": "write {% elif … %}",
    "end": "write {% endif %} or {% endfor %}",
    "endcomment": "write {# … #}",
    "endforeach": "write {% endfor %}",
    "endunless": "write {% endif %}",
    "foreach": "write {% for item in … %} and {% endfor %}",
    "liquid": "write {{ name }}",
    "print": "write {{ name }}",
    "switch": "write {% if … == … %}, {% elif … == … %} and {% endif %}",
    "unless": "write {% if not … %} and {% endif %}",
    "when": "write {% elif … == … %}",
    "while": "write {% for item in … %} and {% endfor %}",
}

EMPTY_TESTS: Final = frozenset(
    {"None", "NULL", "Null", "blank", "empty", "missing", "nil", "null", "undefined", "unknown"}
)
"""Tests that elsewhere ask whether there is no value."""

KNOWN_TESTS: Final = frozenset({"available", "existing", "filled", "present", "set", "there"})
"""Tests that elsewhere ask whether there is a value."""

NOTHING: Final = frozenset({"NULL", "Null", "nil", "null", "undefined"})
"""Names that elsewhere mean no value; Jinja has `none`, and lkrun asks `is known`."""


def written(way: str, value: str, given: str = "", rest: str = "", *, braces: bool = True) -> str:
    """Write a way with its value, in braces unless it stands in a condition."""
    text = way.replace("({r})", f"({rest})" if rest else "")
    text = text.replace("{v}", value).replace("{g}", given)
    return f"{{{{ {text} }}}}" if braces else text
