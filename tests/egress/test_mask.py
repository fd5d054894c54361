"""Secrets do not come back."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.egress.mask import Mask

secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=40)
FORMS = {
    "plain": str,
    "percent": quote,
    "all percent": lambda s: quote(s, safe=""),
    "plus": quote_plus,
    "json": json.dumps,
    "json of any letter": lambda s: json.dumps(s, ensure_ascii=False),
    "json with slashes": lambda s: json.dumps(s).replace("/", "\\/"),
    "html": html.escape,
    "hex": lambda s: s.encode().hex(),
    "hex of a dump": lambda s: s.encode().hex(" "),
    "hex of a fingerprint": lambda s: s.encode().hex(":").upper(),
    "each letter in percent": lambda s: "%" + s.encode().hex("%"),
    "escaped": lambda s: "".join(f"\\x{b:02x}" for b in s.encode()),
    "reversed": lambda s: s[::-1],
}
forms = st.sampled_from(list(FORMS.values()))


@settings(deadline=None)
@given(secrets, forms, st.text(max_size=5), st.text(max_size=5))
def test_a_secret_is_never_left(secret, form, before, after):
    """However a secret is spelt, it is gone after masking."""
    masked = Mask([secret]).text(f"{before}\n{form(secret)}\n{after}")
    assert form(secret) not in masked or form(secret) in f"{before}\n***\n{after}"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("case", [str, str.upper, str.lower, str.title, str.swapcase])
def test_no_form_of_a_secret_is_left(form, case):
    """Every form is masked whole, in capitals and in small letters too."""
    mask = Mask(["s3Cr/et & <KEY>-1"])
    assert mask.text(f"key={case(form('s3Cr/et & <KEY>-1'))}.").strip("key=.%\\x'\"EXKY") == "***"


@settings(deadline=None)
@given(st.binary(max_size=12), st.text(st.characters(codec="ascii"), min_size=4, max_size=40))
def test_a_secret_in_base64_is_never_left(before, secret):
    """The Base64 of a name and a secret, as basic authentication sends it, cannot be read back."""
    raw = before + secret.encode()
    for encoded in (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()):
        masked = Mask([secret]).text(encoded)
        assert "***" in masked
        assert secret.encode() not in _decodable(masked)


def _decodable(masked):
    """All that can be read of what is left."""
    return b"|".join(
        base64.urlsafe_b64decode(p[:k].replace("+", "-").replace("/", "_") + "==")
        for p in masked.replace("=", "").split("***")
        for k in range(0, len(p) + 1, 4)
    )


def test_base64_of_other_things_stays():
    """Letters of a picture that are a short secret's Base64 by chance are left as they are."""
    picture = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(256)) * 8
    encoded = base64.b64encode(picture).decode()
    assert Mask([f"!{a}{b}?" for a in "abcdefgh" for b in "abcdefgh"]).text(encoded) == encoded


def test_each_line_of_a_key_is_one():
    """Of a key in a PEM file no line is shown alone; its short last line stays."""
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
    pem = f"-----BEGIN PRIVATE KEY-----\n{line}\nQ7VJ\n-----END PRIVATE KEY-----\n"
    assert Mask([pem]).text(f"line 2 is {line}") == "line 2 is ***"
    assert Mask([pem]).text(pem.strip()) == "***"


@pytest.mark.parametrize(
    ("private", "text", "masked"),
    [
        ("4711", "your PIN is 4711.", "your PIN is ***."),
        ("4711", "order 847119", "order 847119"),
        (4711, '{"pin": 4711}', '{"pin": ***}'),
        ("737", "CVC 737, room 7370", "CVC ***, room 7370"),
        ("12", "12 rooms", "12 rooms"),
        ("4711", "reversed 1174", "reversed 1174"),
        ("Mary Miller", "MARY MILLER, mary%20miller", "***, ***"),
        ("4711", "NDcxMQ==", "***"),
        ("4111 1111 1111 1111", "paid with 4111 1111 1111 1111", "paid with ***"),
        ({"card": ["4111111111111111"]}, "4111111111111111", "***"),
        (True, "true", "true"),
        (None, "None null", "None null"),
    ],
)
def test_private_values(private, text, masked):
    """A private value is masked; a short one only where it stands for itself."""
    assert Mask(private=[private]).text(text) == masked


def test_places_do_not_move():
    """Letters that are longer in small ones move nothing."""
    assert Mask(["s3cret"]).text("İİİ S3CRET İ") == "İİİ *** İ"


def test_the_longest_goes_first():
    """A secret that holds another one is masked whole."""
    assert Mask(["abcd", "abcdefgh"]).text("abcdefgh abcd") == "*** ***"


def test_short_secrets_stay():
    """Fewer than four characters are not masked in free text."""
    mask = Mask(["abc", ""])
    assert mask.text("abc") == "abc"
    assert not mask.finds("abc")


def test_data():
    """Keys, texts and numbers are masked; what is something else stays."""
    data = {"12345": [12345, 1.5, True, None, "a12345"]}
    assert Mask(["12345"]).data(data) == {"***": ["***", 1.5, True, None, "a***"]}
