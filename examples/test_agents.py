"""Conversation tests in Python, with pytest: `pytest examples/test_agents.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.testing import Folder

FOLDER = Folder(Path(__file__).parents[1] / "agents.d")
INVOICE = {"invoice": "118", "total": 90, "state": "open"}


@pytest.mark.parametrize("name", FOLDER.tests)
def test_what_the_folder_tests_itself(name: str) -> None:
    """Each test of the YAML files, as a test of pytest."""
    FOLDER.check(name)


def test_an_invoice_is_looked_up() -> None:
    """Billing answers, and the service is asked for the number that the caller said."""
    with FOLDER.talk("clinic", mocks={"look_up_invoice": {"returns": INVOICE}}) as talk:
        talk.greeting.check(says="Sunrise Dental")
        talk.user("I have a question about an invoice").check(hands_off_to="billing")
        turn = talk.user("It is number 118")
        turn.check(calls={"look_up_invoice": {"number": 118}}, says="90", within=1.0)
        talk.whole.check(never_calls=["book_slot"], stays=False)


def test_a_caller_may_hang_up() -> None:
    """The call is over, whatever was on."""
    with FOLDER.talk("clinic", caller={"phone": "+84901234567"}) as talk:
        assert talk.hang_up().ended
