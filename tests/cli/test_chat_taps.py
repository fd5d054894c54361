"""What the caller does in their app, in `lkrun chat`."""

import pytest

from runner.cli.talk.commands import COMMANDS, tap_in_json, tap_of


@pytest.mark.parametrize(
    ("command", "tap"),
    [
        ('app choose {"dish": "soup"}', ("choose", {"dish": "soup"})),
        ("app choose", ("choose", {})),
        ("app   choose   {}  ", ("choose", {})),
        ("apple", None),
        ("keys 12", None),
    ],
)
def test_a_command_is_a_tap(command, tap):
    """A method, and JSON that is sent with it."""
    assert "app" in COMMANDS
    assert tap_of(command) == tap


@pytest.mark.parametrize("command", ["app", "app ", "app choose soup", "app choose [1]", "app a {"])
def test_what_is_no_tap_says_what_to_write(command):
    """With an example."""
    assert "such as /app " in tap_of(command)


@pytest.mark.parametrize(
    ("line", "tap"),
    [
        ('{"app": "choose", "with": {"dish": "soup"}}', ("choose", {"dish": "soup"})),
        ('{"app": "choose"}', ("choose", {})),
        ('{"app": "choose", "dish": "soup"}', None),
        ('{"app": 1}', None),
        ('{"app": "a", "with": []}', None),
        ("{" * 9000, None),
        ("app", None),
    ],
)
def test_a_line_of_json_is_a_tap(line, tap):
    """And all else is said to the agent."""
    assert tap_in_json(line) == tap
