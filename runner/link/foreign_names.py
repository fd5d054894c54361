"""Names of values on other platforms → the name of the same value here.

Vapi's, Retell's, ElevenLabs', Bland's, Voiceflow's and Home Assistant's, as their documents list
them. They count only where an agent declares nothing of that name.
"""

from __future__ import annotations

import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OURS = {
    "caller.phone": (
        "ani call.from call.from_number caller.number caller.phone_number caller.tel caller_id"
        " call.customer caller_number caller_phone contact.phone customer.number customer.phone"
        " from from_number phone_from system__caller_id user.phone user_number user_phone"
    ),
    "caller.dialled": (
        "agent_number call.to call.to_number called_number caller.called caller.to dnis"
        " phone_to phonenumber.number system__called_number to to_number"
    ),
    "caller.name": (
        "caller_name contact.name customer.name customer_name participant.name user.name user_name"
    ),
    "now": (
        "current_datetime current_hour current_time date_time datetime now_time system__time"
        " current_time_utc now_utc system__time_utc time time_utc timestamp utcnow"
    ),
    "today": "current_calendar current_date date system__date todays_date",
    "now.strftime('%A')": "current_day day day_of_week dow weekday",
    "now.strftime('%B')": "current_month month",
    "now.year": "current_year year",
    "call.id": (
        "call_id conversation.id conversation_id session.id session_id system__call_sid"
        " system__conversation_id"
    ),
    "call.agent": "agent.name agent_id agent_name assistant.name assistant_name system__agent_id",
    "room.name": "room_id room_name",
    "job.metadata": "call.metadata custom_data dynamic_variables",
}
SAME = {theirs: ours for ours, words in _OURS.items() for theirs in _words(words)}
"""In small letters: name, or name and part → what is written here."""

ATTRIBUTES = (
    (("sip",), ("sip",)),
    (("participant", "attributes"), ()),
    (("attributes",), ()),
)
"""Ways to an attribute of the caller elsewhere, and what its name begins with here."""

ANSWERS = _words("answer body data output response")
"""What the answer of a service is called elsewhere."""

ARGUMENTS = _words("arguments input params parameters")
"""What the arguments of a tool are called elsewhere."""

QUESTIONS = _words("input q question search search_query term text")
"""What is looked up in knowledge, as it is called elsewhere."""

SECRETS = _words("secret secrets vault")
HIDDEN = "secret__"
"""What the name of a secret begins with elsewhere."""
ENVIRONMENT = _words("env environ environment")
WITHIN_ENVIRONMENT = frozenset({("os", "environ"), ("process", "env")})

YES_NO = {"yes": "true", "on": "true", "no": "false", "off": "false"}
"""Words for yes and no, as expressions write them."""


def same(path: tuple[str, ...]) -> str | None:
    """What a value of another platform is called here, where it is known."""
    for length in (2, 1):
        written = (".".join(path[:length]).casefold(), ".".join(map(small, path[:length])))
        known = next((SAME[name] for name in written if name in SAME), None)
        if len(path) >= length and known:
            return known
    return None


_LETTERS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "đ": "d", "ø": "oe", "æ": "ae", "ł": "l"}
"""Letters that are not written without their marks."""


def small(name: str) -> str:
    """A name as a variable may have it: `RESTAURANT_NAME`, `Opening-Hours`, `Größe`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).casefold()
    for letter, plain in _LETTERS.items():
        parted = parted.replace(letter, plain)
    plain = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    return re.sub(r"\W+", "_", plain).strip("_0123456789") or "value"
