"""Secrets do not come back."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from runner.egress.mask import Mask

secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=40)
forms = st.sampled_from([str, quote, lambda s: quote(s, safe=""), quote_plus, json.dumps])


@given(secrets, forms, st.text(max_size=5), st.text(max_size=5))
def test_a_secret_is_never_left(secret, form, before, after):
    """However a secret is spelt, it is gone after masking."""
    masked = Mask([secret]).text(f"{before}\n{form(secret)}\n{after}")
    assert form(secret) not in masked or form(secret) in f"{before}\n***\n{after}"


@given(st.binary(max_size=12), st.text(st.characters(codec="ascii"), min_size=12, max_size=40))
def test_a_secret_in_base64_is_never_left(before, secret):
    """The Base64 of a name and a secret, as basic authentication sends it, cannot be read back."""
    raw = before + secret.encode()
    for encoded in (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()):
        masked = Mask([secret]).text(encoded)
        assert "***" in masked
        assert encoded[-8:] not in masked or secret.encode() not in raw


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
