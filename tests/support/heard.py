"""A log in memory."""

import io
import json

from runner.serve.log import Log


class Heard(Log):
    """A log whose events can be asked for."""

    def __init__(self):
        super().__init__("debug", "json", io.StringIO())

    def named(self, name):
        """The events of a name."""
        lines = map(json.loads, self._stream.getvalue().splitlines())
        return [event for event in lines if event["event"] == name]
