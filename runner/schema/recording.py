"""What is kept of an agent's calls, and for how long."""

from typing import Annotated, ClassVar

from runner.masking import KINDS
from runner.schema.actions import Actions
from runner.schema.types.blocks import Block, OneOrList, key
from runner.schema.types.measures import LongTime
from runner.schema.types.values import YesNo, one_of
from runner.schema.types.words import Words

_MEANT = {
    **dict.fromkeys(
        ("cards", "credit_card", "credit_cards", "card_number", "card_numbers", "creditcard"),
        "card",
    ),
    **dict.fromkeys(("emails", "e-mail", "mail", "mails", "email_address", "e_mail"), "email"),
    **dict.fromkeys(
        ("phones", "phone_number", "phone_numbers", "telephone", "tel", "mobile", "number"),
        "phone",
    ),
}
_ALWAYS = "delete it: what is counted of a call is always kept"


class Consent(Block):
    """A question that the caller answers by yes or no before anything is kept of the call."""

    noun: ClassVar[str] = "consent"
    off: ClassVar[str] = "delete the line: without it nobody is asked"
    bare: ClassVar[str] = "ask"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("say", "question", "words", "text"), "write ask:"),
        **dict.fromkeys(
            (
                "on_no",
                "if_no",
                "decline",
                "on_decline",
                "else",
                "otherwise",
                "on_failure",
                "on_refuse",
                "refused",
                "no",
            ),
            "write on_refusal:",
        ),
        **dict.fromkeys(
            ("then", "on_yes", "yes"),
            "delete it: after a yes the greeting follows by itself",
        ),
        "tries": "delete it: who does not answer by yes or no is asked three times, and then not "
        "recorded",
    }

    ask: Words = key("the question, spoken exactly, that is answered by yes or no")
    on_refusal: Actions = key(
        "what is done when the caller does not agree; the call goes on without it", ()
    )


class Record(Block):
    """What is kept of an agent's calls."""

    noun: ClassVar[str] = "record"
    off: ClassVar[str] = (
        "take the no away, and write transcript: no on the line below, further indented: then "
        "nothing that is said is kept"
    )
    bare: ClassVar[str] = "audio"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ("text", "words", "messages", "transcripts"), "write transcript: yes or no"
        ),
        **dict.fromkeys(("sound", "voice", "recording", "wav", "video"), "write audio: yes or no"),
        **dict.fromkeys(
            ("redact", "redaction", "hide", "pii", "anonymize", "anonymise"),
            "write mask: and below it what is masked: card, email or phone",
        ),
        **dict.fromkeys(
            ("retention", "for", "delete_after", "expires", "days", "keep_for"),
            "write keep: and how long, such as keep: 30d",
        ),
        **dict.fromkeys(
            ("database", "path", "file", "folder"),
            "records of all agents are in one place: write it below runner: in records:, as "
            "database:",
        ),
        **dict.fromkeys(
            ("say", "notice", "announcement", "greeting", "disclaimer"),
            "write announce: and the words",
        ),
        **dict.fromkeys(("ask", "permission"), "write consent: and below it ask:"),
        "on_refusal": "write it below consent:",
        **dict.fromkeys(("enabled", "stats", "figures", "usage", "latency"), _ALWAYS),
    }

    transcript: YesNo = key(
        "keep what was said, and what tools were given and answered; no: only what is counted, "
        "such as how long the call took and how it ended",
        True,
    )
    audio: YesNo = key(
        "keep the sound of calls by voice too, the caller on the left and the agent on the right, "
        "once announce has been said and consent was given; not while something private is asked "
        "for, and nothing in it is masked",
        False,
    )
    announce: Words | None = key(
        "words for the caller before anything else, spoken exactly and to their end", None
    )
    consent: Consent | None = key(
        "a question before the greeting: without a yes of the caller nothing is kept of the call, "
        "and none of its words is sent",
        None,
    )
    mask: Annotated[
        tuple[Annotated[str, one_of(*KINDS, meant=_MEANT)], ...], OneOrList(scalars=True)
    ] = key(
        "made unreadable in what is kept and sent: numbers of cards, addresses of mail, telephone "
        "numbers; the model and its tools have them as they are",
        (),
    )
    keep: LongTime | None = key(
        "what is older is deleted, with its sound; as runner.records says without it", None
    )
