"""What processes of calls log holds nothing that is masked, and no private value."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from runner.egress.mask import Mask
from runner.schema.recording import Record
from runner.serve.child.log_hiding import Hiding, hide_in_logs

CARD = "4111 1111 1111 1111"
PIN = "831577"


def talk(*masks, private=()):
    """What is asked of a conversation."""
    record = Record.model_construct(mask=masks) if masks else None
    release = SimpleNamespace(agent=SimpleNamespace(record=record))
    return SimpleNamespace(release=release, hide=Mask(private=private, stars="•••").text)


@pytest.fixture
def logged(caplog):
    """Has a line logged while some talks are on, and gives what became of it."""

    def log(talks, *message, error=None):
        logger = logging.getLogger("lkrun.of_this_test")
        hiding = Hiding(lambda: talks)
        caplog.handler.addFilter(hiding)
        try:
            logger.error(*message, exc_info=error)
        finally:
            caplog.handler.removeFilter(hiding)
        return caplog.handler.format(caplog.records[-1])

    return log


def test_what_a_talk_masks_is_masked(logged):
    """In the words of a line, and in what was raised, whichever of the talks it is about."""
    wrong = ValueError(f"no such card: {CARD}")
    error = (ValueError, wrong, None)
    line = logged([talk(), None, talk("card")], "heard %s of %d", CARD, 7, error=error)
    assert "heard [card] of 7" in line
    assert "no such card: [card]" in line
    assert CARD not in line


def test_private_values_are_hidden(logged):
    """As they are now, in any talk of the process."""
    assert "got ••• twice" in logged([talk(), talk(private=[PIN])], "got %s twice", PIN)


def test_else_a_line_stays_as_it_is(logged):
    """Its arguments too."""
    for talks in ([], [None], [talk()]):
        assert f"100 % of {CARD}" in logged(talks, "100 %% of %s", CARD)


def test_all_that_a_process_logs_is_looked_at():
    """Each handler of its log gets it, also that of libraries."""
    root, handler = logging.getLogger(), logging.NullHandler()
    before, root.handlers = root.handlers, [handler]
    try:
        hide_in_logs(list)
        assert [type(each) for each in handler.filters] == [Hiding]
    finally:
        root.handlers = before
