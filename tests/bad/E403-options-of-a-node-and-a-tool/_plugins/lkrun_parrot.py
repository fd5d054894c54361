"""A node and a tool of a package."""

from pydantic import BaseModel

from runner.plugin import Plugin


class Options(BaseModel):
    """What may stand below their names."""

    loud: bool = True
    unit: str = "kg"


def build(options):
    """Make what a call uses."""
    return lambda *_: options


node = tool = Plugin(options=Options, build=build)
