"""A file as a YAML editor sees it: scalars typed by YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema)."""

from __future__ import annotations

import re

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def typed(document, data=None, location=()):
    """Give a document's data with the types that an editor gives unquoted values."""
    if location == ():
        data = document.data
    if isinstance(data, dict):
        return {k: typed(document, v, (*location, k)) for k, v in data.items()}
    if isinstance(data, list):
        return [typed(document, v, (*location, i)) for i, v in enumerate(data)]
    if data is None or document.style(location) != "plain":
        return data
    return _scalar(data)


def _scalar(text):
    if text in ("null", "Null", "NULL", "~"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
