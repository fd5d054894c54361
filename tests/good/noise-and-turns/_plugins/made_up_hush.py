"""Takes noise out: a plugin of a good folder, of which only the options are looked at."""

from __future__ import annotations

from pydantic import BaseModel

from runner.plugin import Plugin


class Options(BaseModel):
    """How much."""

    level: int = 1


plugin = Plugin(options=Options, build=lambda options: options)
