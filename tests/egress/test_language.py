"""The language of an agent in what its tools tell the model, and never on the wire."""

from __future__ import annotations

from datetime import date

from runner.egress.request.texts import Texts

VALUES = {"today": date(2026, 12, 4), "args": {"price": 19.9, "paid": True}}
TEXT = "{{ today }}: {{ args.price }}, {{ args.paid }}"


def test_the_model_is_told_in_the_language_of_the_agent():
    """`result.text` reads dates, numbers and yes/no as the agent's `locale` says."""
    texts = Texts(VALUES, {}, {}, "de")
    assert texts.told(TEXT, VALUES) == "Freitag, 4. Dezember 2026: 19,9, ja"


def test_a_service_is_sent_what_machines_read():
    """On the wire nothing changes with the language."""
    texts = Texts(VALUES, {}, {}, "de")
    assert texts.text(TEXT) == "2026-12-04: 19.9, true"
    assert texts.text("{{ '%.2f' % args.price }}") == "19.90"
