"""What people say to the demonstration is answered sensibly, by a model that only follows rules."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
APOLOGIES = ("did not understand", "did not get that", "that did not work", "went wrong")


def openers(name):
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def sensible(opener, turn):
    """Why the answer to an opener is not sensible; nothing when it is."""
    text = turn.text.casefold()
    if not text.strip():
        return "silence"
    if any(words in text for words in (*APOLOGIES, *opener.get("never", ()))):
        return f"words that do not fit: {turn.text}"
    missing = [word for word in opener.get("and", ()) if str(word) not in text]
    if missing or not any(str(word) in text for word in opener["sensible"]):
        return f"other words: {turn.text}"
    if opener.get("persona", turn.persona) != turn.persona:
        return f"{turn.persona} speaks: {turn.text}"
    rest = iter(turn.tools)
    if not all(tool in rest for tool in opener.get("tools", ())):
        return f"tools {turn.tools}: {turn.text}"
    return "the call goes on" if opener.get("ends") and not turn.ended else ""


@pytest.mark.parametrize("name", ["openers.yaml", "openers_more.yaml"])
async def test_most_openers_get_a_sensible_answer(name, talk):
    """Of forty natural openers, each in a call of its own, at least thirty-six are understood."""
    listed = openers(name)
    assert len({opener["says"] for opener in listed}) == 40
    failures = {}
    for opener in listed:
        (turn,) = await talk(opener["says"])
        if why := sensible(opener, turn):
            failures[opener["says"]] = why
    assert len(listed) - len(failures) >= 36, failures


DIALOGUES = {
    "an appointment for somebody else, on a day that is full": [
        ("can I book for my daughter", "Gladly for your daughter.", []),
        ("a check-up and a filling", "Noted.", ["add_treatment", "add_treatment"]),
        ("wednesday", "nothing free on Wednesday, the next is Thursday at 9", ["find_slots"]),
        ("another day", "nothing is booked", []),
        ("thursday afternoon", "Shall I book the one at 14:00?", ["find_slots"]),
        ("yes please", "Booked for Thursday at 2 in the afternoon", ["book_slot"]),
        ("no thanks", "All right.", []),
    ],
    "an appointment is cancelled, and another one made": [
        ("I want to cancel", "Which booking number shall I cancel?", []),
        ("I don't know the number", "Without its number", []),
        ("1234", "There is no appointment with the number 1 2 3 4.", ["cancel_booking"]),
        ("4700", "Your appointment on Tuesday at 9 in the morning is cancelled.",
         ["cancel_booking"]),
        ("thursday", "Thursday at 9 in the morning", ["find_slots"]),
        ("the last one", "Booked for Thursday at 2", ["book_slot"]),
    ],
    "an appointment is looked up": [
        ("when is my appointment", "What is your booking number?", []),
        ("4 7 0 0", "Appointment 4 7 0 0 is on Tuesday at 9", ["look_up_booking"]),
    ],
    "two appointments on one day": [
        ("book a cleaning on monday", "Shall I book the first?", ["add_treatment", "find_slots"]),
        ("yes", "Booked for Monday at 9 in the morning, booking number 4 7 1 1.", ["book_slot"]),
        ("and one more on monday", "Monday at 11", ["find_slots"]),
        ("at 9", "That time is taken.", ["book_slot"]),
        ("at 2", "Booked for Monday at 2 in the afternoon, booking number 4 7 1 2.",
         ["book_slot"]),
    ],
    "invoices, in digits and in words": [
        ("question about my invoice", "Which invoice is it about?", []),
        ("hmm", "Take your time.", []),
        ("one hundred eighteen", "Invoice 118 over 90 dollars is paid.", ["look_up_invoice"]),
        ("and 119", "Invoice 119 over 240 dollars is still open.", ["look_up_invoice"]),
        ("thanks", "You are welcome. Is there anything else?", []),
        ("no", "Goodbye", ["end_call"]),
    ],
    "yes means what was asked": [
        ("yes", "What can I do for you?", []),
        ("I need an appointment", "What shall be done", []),
        ("yes", "What shall be done", []),
        ("filling on friday", "Shall I book the first?", ["add_treatment", "find_slots"]),
        ("yes", "Booked for Friday at 9", ["book_slot"]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("lines", DIALOGUES.values(), ids=DIALOGUES)
async def test_a_talk_goes_on_sensibly(lines, talk):
    """What is said later is understood in the light of what the agent asked."""
    turns = await talk(*(said for said, _, _ in lines))
    for (said, words, tools), turn in zip(lines, turns, strict=True):
        assert words in turn.text, said
        assert [tool for tool in turn.tools if tool != "remember"] == tools, said


async def test_each_talk_has_a_calendar_of_its_own(talk):
    """What one caller books is free for the next, although one service answers both."""
    for _ in range(2):
        *_, last = await talk("book a cleaning on monday", "yes")
        assert last.text == "Booked for Monday at 9 in the morning, booking number 4 7 1 1."
