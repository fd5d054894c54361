"""Numbers of cards, addresses of mail and telephone numbers are masked; nothing else is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.masking import KINDS, masking

ALL = masking(frozenset(KINDS))

MASKED = {
    # cards
    "my card is 4111 1111 1111 1111, thanks": "my card is [card], thanks",
    "4111111111111111": "[card]",
    "4111-1111-1111-1111": "[card]",
    "4111.1111.1111.1111": "[card]",
    "4111, 1111, 1111, 1111": "[card]",
    "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1": "[card]",
    "41 11 11 11 11 11 11 11": "[card]",
    "4111 1111 1111 1111 12 28": "[card] 12 28",
    "3782 822463 10005": "[card]",
    "5555 5555 5555 4444 and 6011 1111 1111 1117": "[card] and [card]",
    "2223003122003222": "[card]",
    "30569309025904": "[card]",
    "3530111333300000": "[card]",
    "6759649826438453": "[card]",
    "4222222222222": "[card]",
    "(4111 1111 1111 1111)": "[card])",
    "4111\u00a01111\u00a01111\u00a01111": "[card]",
    "card=4111111111111111;": "card=[card];",
    "order 17, card 4111 1111 1111 1111": "order 17, card [card]",
    # mail
    "anna@example.com": "[email]",
    "mail anna.berg+x@mail.example.co.uk.": "mail [email].",
    "<o'neil@example.ie>": "<[email]>",
    "ANNA_BERG@EXAMPLE.COM": "[email]",
    "jörg@müller.de": "[email]",
    "anna at example dot com": "[email]",
    "anna at mail dot example dot com, please": "[email], please",
    "a@b.co,c@d.org": "[email],[email]",
    "mailto:anna@example.com": "mailto:[email]",
    # telephones
    "+49 30 1234567": "[phone]",
    "+49 (0)30 1234567": "[phone]",
    "+4917112345678": "[phone]",
    "+ 84 24 1234 5678": "[phone]",
    "+1 (415) 555-0123": "[phone]",
    "+1-415-555-0123": "[phone]",
    "(415) 555-0123": "[phone]",
    "415-555-0123": "[phone]",
    "415.555.0123": "[phone]",
    "4155550123": "[phone]",
    "1-800-555-0123": "[phone]",
    "1 (800) 555 0123": "[phone]",
    "4 1 5 5 5 5 0 1 2 3": "[phone]",
    "0171 2345678": "[phone]",
    "0171/2345678": "[phone]",
    "(030) 1234567": "[phone]",
    "030 - 1234567": "[phone]",
    "0049 30 1234567": "[phone]",
    "06 12 34 56 78": "[phone]",
    "06.12.34.56.78": "[phone]",
    "020 7946 0958": "[phone]",
    "0 800 123 456": "[phone]",
    "0 1 7 1 2 3 4 5 6 7 8": "[phone]",
    "0903 123 456": "[phone]",
    "612 34 56 78": "[phone]",
    "600-123-456": "[phone]",
    "0171 2345678 0172 3456789": "[phone] [phone]",
    "0171 2345678 or +49 30 1234567": "[phone] or [phone]",
    "tel:+4930123456": "tel:[phone]",
    "sip_+4930123456": "sip_[phone]",
    "call-_+4930123456_xyz": "call-_[phone]_xyz",
    "am 02.03.2026: 0171 2345678": "am 02.03.2026: [phone]",
    '{"phone": "+4930123456", "n": 3}': '{"phone": "[phone]", "n": 3}',
}
"""What somebody says → what is kept of it."""

IN_WORDS = {
    # cards: one by one, in pairs, doubled, with fillers, beside digits, and what follows
    "my card is four one one one, one one one one, one one one one, one one one one, thanks":
        "my card is [card], thanks",
    "forty-one eleven eleven eleven eleven eleven eleven eleven expires twelve twenty eight":
        "[card] expires twelve twenty eight",
    "four double one one, double one double one, one one one one, double one double one":
        "[card]",
    "4111 1111, uh, one one one one, then 1111":
        "[card]",
    "Five five five five... five five five five, and five five five five, four four four four":
        "[card]",
    "three seven eight two, eight two two four six three, one oh oh oh five":
        "[card]",
    "four thousand": "four thousand",
    "four hundred eleven, one one one one one one one one one one one one one":
        "[card]",
    "vier eins eins eins eins eins eins eins eins eins eins eins eins eins eins eins, bitte":
        "[card], bitte",
    "einundvierzig elf elf elf elf elf elf elf":
        "[card]",
    "quarante et un onze onze onze onze onze onze onze":
        "[card]",
    "cuarenta y uno once once once once once once once":
        "[card]",
    "quarantuno undici undici undici undici undici undici undici":
        "[card]",
    "quarenta e um onze onze onze onze onze onze onze":
        "[card]",
    "eenenveertig elf elf elf elf elf elf elf":
        "[card]",
    "czterdzieści jeden" + " jedenaście" * 7: "[card]",
    "kırk bir" + " on bir" * 7: "[card]",
    "bốn mươi mốt" + " mười một" * 7: "[card]",
    "我的卡号是四" + "一" * 15 + "，谢谢": "我的卡号是[card]，谢谢",
    "よんいちいちいち 一一一一 一一一一 一一一一です": "[card]です",
    "\uff14" + "\uff11" * 15: "[card]",
    # telephones
    "call four one five, five fifty-five, oh one twenty-three":
        "call [phone]",
    "eight hundred five five five oh one two three":
        "[phone]",
    "plus four nine one seven one two three four five six seven eight":
        "[phone]",
    "null eins sieben eins, zwei drei vier fünf sechs sieben acht":
        "[phone]",
    "le zéro six, douze, trente-quatre, cinquante-six, soixante-dix-huit, merci":
        "le [phone], merci",
    "zéro six quatre-vingt-dix-sept douze quarante-deux treize":
        "[phone]",
    "seis uno dos, tres cuatro, cinco seis, siete ocho":
        "[phone]",
    # mail
    "anna arobase exemple point fr": "[email]",
    "anna ät beispiel punkt de": "[email]",
}  # fmt: skip
"""What is said in words → what is kept of it."""

WORDS_LEFT_ALONE = (
    "I have two kids, one dog and three cats, and five or six birds",
    "my table is for two at eight thirty for four people",
    "order four seven one one",
    "am dritten Mai zweitausendsechsundzwanzig um acht Uhr dreißig",
    "four one one one, one one one one, one one one one, one one one two",
    "on one condition, do call on Monday at ten",
    "j'en ai un, deux, trois, quatre",
    "我们三个人一起去",
)

LEFT_ALONE = (
    # orders and other numbers
    "4111 1111 1111 1112",  # the last digit is wrong
    "order 4711",
    "order 00004711",
    "order 0000123456",
    "order 20260302123456",
    "ticket INV0301234567",
    "4111111111111111x",
    "1767225600",
    "1767225600000",
    "12345678901234567890",
    "DE89 3704 0044 0532 0130 00",
    "GB29NWBK60161331926819",
    "ISBN 0-306-40615-2",
    "ISBN 978-3-16-148410-0",
    "192.168.100.200",
    "10.0.0.1",
    "3.14159265358",
    "room 415",
    "555-0123",
    # dates and times
    "02.03.2026",
    "2026-03-02",
    "2026-03-02 14:30",
    "02.03.2026 10 Uhr",
    "02/03/2026 and 03/03/2026",
    "2026-03-02 2026-03-03 2026-03-04",
    "2026-03-02T14:30:00+01:00",
    "09:30 to 17:00",
    "open 0800-1800",
    # prices and amounts
    "$1,299.00",
    "1.299,00 EUR",
    "1 299 000",
    "1,000,000,000",
    "100 200 300",
    "4 nights for 2 guests",
    "2 x 3 + 4",
    # words
    "at example dot",
    "meet me at noon",
    "look @ this",
    "a@b",
    "@anna",
    "no numbers at all",
    "",
)


@pytest.mark.parametrize(("text", "kept"), MASKED.items())
def test_what_is_masked(text, kept):
    """Each is found in the shapes that people write and recognisers hear."""
    assert ALL.text(text) == kept


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_left_alone(text):
    """Orders, dates, times, prices and accounts stay as they are."""
    assert ALL.text(text) == text


@pytest.mark.parametrize(("text", "kept"), IN_WORDS.items())
def test_what_is_said_in_words_is_masked(text, kept):
    """A number that is dictated is found in each language that lkrun speaks."""
    assert ALL.text(text) == kept


@pytest.mark.parametrize("text", WORDS_LEFT_ALONE)
def test_words_that_are_no_such_number_stay(text):
    """Counting, times, orders and dates stay as they are."""
    assert ALL.text(text) == text


IN_PARTS = {
    ("my card is 4111 1111", "okay, and then 1111 1111."):
        ("my card is [card]", "okay, and then [card]."),
    ("It's four one one one.", "One one one one", "uh, and the last: one one one one", "1111. Bye"):
        ("It's [card]", "[card]", "uh, and the last: [card]", "[card]. Bye"),
    ("my number is 0171", "2345678, for two"): ("my number is [phone]", "[phone], for two"),
    ("vier eins eins eins", "eins eins eins eins", "", "eins eins eins eins eins eins eins eins"):
        ("[card]", "[card]", "", "[card]"),
    ("4", "1", "1", "1", *"111111111111", "#"): (*["[card]"] * 16, "#"),
    ("Tisch für 4", "am 12 um 18 Uhr 30", "order 4711 9000"):
        ("Tisch für 4", "am 12 um 18 Uhr 30", "order 4711 9000"),
    ("0171 2345678", "2 people"): ("[phone]", "2 people"),
    (): (),
}  # fmt: skip
"""What one speaker says, one after the other → what is kept of it."""


@pytest.mark.parametrize(("texts", "kept"), IN_PARTS.items())
def test_a_number_in_several_parts_is_masked(texts, kept):
    """Each part of it goes, whatever little stands between; what is no part stays."""
    assert tuple(ALL.texts(texts)) == kept


def test_each_speaker_dictates_for_themselves():
    """What the other one says between two parts is no part of the number, and an echo is one."""
    lines = [
        ("user", "4111 1111"), ("agent", "4111 1111. Go on."), ("user", "1111 1111"),
        ("agent", "And then 1111 1111, right?"), ("user", "yes"),
    ]  # fmt: skip
    assert ALL.spoken(lines) == [
        "[card]", "[card]. Go on.", "[card]", "And then [card], right?", "yes",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_wanted(kind):
    """A kind that is not named stays."""
    text = "4111 1111 1111 1111, anna@example.com, +49 30 1234567"
    left = {
        "card": "[card], anna@example.com, +49 30 1234567",
        "email": "4111 1111 1111 1111, [email], +49 30 1234567",
        "phone": "4111 1111 1111 1111, anna@example.com, [phone]",
    }
    assert masking(frozenset({kind})).text(text) == left[kind]
    assert masking(frozenset()).text(text) == text


def test_plain_data():
    """Texts, keys and whole numbers are masked wherever they stand; all else is as it was."""
    data = {
        "phones": ["+49 30 1234567", 4155550123],
        "anna@example.com": {"card": 4111111111111111},
        "n": 4711, "price": 12.5, "yes": True, "none": None, "pair": ("a", "030 1234567"),
    }  # fmt: skip
    assert ALL.data(data) == {
        "phones": ["[phone]", "[phone]"],
        "[email]": {"card": "[card]"},
        "n": 4711, "price": 12.5, "yes": True, "none": None, "pair": ("a", "[phone]"),
    }  # fmt: skip


PIECES = st.lists(
    st.one_of(
        st.sampled_from([*MASKED, *LEFT_ALONE, *IN_WORDS]),
        st.text("0123456789 +-().,/@:\u00a0", max_size=20),
        st.text(max_size=6),
    ),
    max_size=6,
)


@given(PIECES, st.sampled_from(["", " ", ", ", "-", "x"]))
def test_once_is_enough(pieces, between):
    """What is masked stays so, and grows by no more than a mark for each six letters."""
    text = between.join(pieces)
    masked = ALL.text(text)
    assert ALL.text(masked) == masked
    assert len(masked) <= 2 * len(text)


@pytest.mark.parametrize(
    "piece",
    ["1 ", "4", "4 ", "0 1-", "a", "a@", "a.b@c.", "a.", "+1(2)", "AB12 ", "a at ", "02.03.2026 ",
     "one ", "vier hundert ", "double ", "四",
     "DE89 3704 0044 0532 0130 00 ", "4111 1111 1111 1111 ", "+49 30 1234567 "],
)  # fmt: skip
def test_time_grows_with_the_length_alone(piece):
    """Whatever is repeated: of sixteen times the text sixteen times as long, not 256 times."""

    def took(text):
        begin = time.process_time()
        ALL.text(text)
        return time.process_time() - begin

    short = piece * (1000 // len(piece))
    long = short * 16
    assert min(took(long) for _ in range(3)) < 80 * max(min(took(short) for _ in range(5)), 5e-5)
