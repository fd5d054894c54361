"""What is kept of an agent's calls, and for how long."""

from typing import Annotated, ClassVar

from runner.masking import KINDS
from runner.schema.types.blocks import Block, OneOrList, key
from runner.schema.types.measures import LongTime
from runner.schema.types.values import YesNo, one_of

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


class Record(Block):
    """What is kept of an agent's calls."""

    noun: ClassVar[str] = "record"
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
        **dict.fromkeys(("enabled", "stats", "figures", "usage", "latency"), _ALWAYS),
    }

    transcript: YesNo = key(
        "keep what was said, and what tools were given and answered; no: only what is counted, "
        "such as how long the call took and how it ended",
        True,
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
