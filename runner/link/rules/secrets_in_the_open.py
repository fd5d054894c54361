"""Environment variables that are read in the open in one place and as a secret in another."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Related
from runner.link.rule import FolderContext, FolderRule
from runner.schema.types.settings import SECRET_ENDINGS


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    for name in sorted(context.env.keys() & context.secrets.keys()):
        if name.upper().endswith(SECRET_ENDINGS):
            continue  # told by its name alone
        secret = Related(context.secrets[name][0], "it is a secret here")
        for span in context.env[name]:
            message = f"'env.{name}' is read as a secret elsewhere, and env is for what may be seen"
            hint = "give what may be seen a name of its own"
            yield Diagnostic(span, "E307", message, hint, (secret,))


RULE = FolderRule(_check)
