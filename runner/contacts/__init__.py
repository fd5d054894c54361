"""Whom a campaign calls: a table as spreadsheets write it, checked line by line."""

from __future__ import annotations

from runner.contacts.checking import ContactsCheck, checked
from runner.contacts.reading import Contact, ContactProblem, read_contacts

__all__ = ["Contact", "ContactProblem", "ContactsCheck", "checked", "read_contacts"]
