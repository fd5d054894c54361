"""Bodies of any kind are understood, or told; none of them crashes or swells."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.egress.mask import Mask
from runner.egress.response.incoming import understand, unpack
from runner.egress.trouble import RequestError

_BOMB = gzip.compress(gzip.compress(b"\0" * 10**7, mtime=0), mtime=0)

NOTHING = Mask(())


def raw_deflate(data: bytes) -> bytes:
    pack = zlib.compressobj(wbits=-15)
    return pack.compress(data) + pack.flush()


@pytest.mark.parametrize(
    ("body", "codings"),
    [
        (b"plain", []),
        (b"plain", ["identity"]),
        (gzip.compress(b"plain", mtime=0), ["gzip"]),
        (gzip.compress(b"plain", mtime=0), ["x-gzip"]),
        (zlib.compress(b"plain"), ["deflate"]),
        (raw_deflate(b"plain"), ["deflate"]),
        (gzip.compress(zlib.compress(b"plain"), mtime=0), ["deflate", "gzip"]),
    ],
)
def test_unpacking(body, codings):
    """The codings that were asked for are undone, in the order of HTTP."""
    assert unpack(body, codings) == b"plain"


@pytest.mark.parametrize(
    ("body", "codings", "words"),
    [
        (b"plain", ["gzip"], "damaged"),
        (gzip.compress(b"plain", mtime=0)[:-1], ["gzip"], "damaged"),
        (b"plain", ["zstd"], "packed as 'zstd'"),
        (
            gzip.compress(gzip.compress(b"\0" * 10**7, mtime=0), mtime=0),
            ["gzip", "gzip"],
            "larger than 256 KB",
        ),
    ],
)
def test_what_cannot_be_unpacked(body, codings, words):
    """Damage, an unknown coding and a bomb are told."""
    with pytest.raises(RequestError, match=words):
        unpack(body, codings)


@pytest.mark.parametrize(
    ("body", "label", "data"),
    [
        (b'\xef\xbb\xbf{"a":"\xc3\xa9"}', "", {"a": "é"}),
        ('{"a":"é"}'.encode("utf-16"), "application/json", {"a": "é"}),
        (b'{"a":"\xe9"}', "application/json; charset=iso-8859-1", {"a": "é"}),
        (b'{"a":"\xe9"}', "application/json", {"a": "\ufffd"}),
        (b'{"a":"\\ud800\\u0000x"}', "", {"a": "?x"}),
        (b'[NaN,Infinity,1e999,1.5,"\\u00e9"]', "", [None, None, None, 1.5, "é"]),
        (b" \r\n", "", None),
        (b'"x"', "text/plain", "x"),
    ],
)
def test_json(body, label, data):
    """JSON is read in any Unicode encoding; what no other program could take is made harmless."""
    content = understand(body, label, NOTHING)
    assert content.is_json
    assert content.data == data


@pytest.mark.parametrize(
    ("body", "label", "data"),
    [
        (b"caf\xe9", "text/html; charset=windows-1252", "café"),
        (b"caf\xe9", "text/plain", "caf\ufffd"),
        (b"caf\xc3\xa9", "text/plain; charset=punycode", "café"),
        (b"caf\xc3\xa9", "text/plain; charset=no-such-thing", "café"),
        (b"caf\xc3\xa9", "\udcff;;charset=\0", "café"),
        ("café".encode("utf-16"), "text/plain; charset=utf-16", "café"),
        (b"9" * 5000, "", "9" * 5000),
        (b"\x89PNG\0\1", "image/png", None),
        (b"\x89PNG\0\1", "image/png; charset=latin-1", None),
    ],
)
def test_text(body, label, data):
    """Text is read by its label if that names an alphabet; bytes that are no text are nothing."""
    content = understand(body, label, NOTHING)
    assert not content.is_json
    assert content.data == data


@pytest.mark.parametrize("body", [b"[" * 80 + b"]" * 80, b"[" * 99_999 + b"]" * 99_999])
def test_depth(body):
    """What is nested too deeply for anything to use it is refused."""
    with pytest.raises(RequestError, match="nested too deeply"):
        understand(body, "", NOTHING)


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_bytes_crash(body, label):
    """Any bytes under any label give something that JSON in UTF-8 can hold."""
    content = understand(body, label, Mask(["abcd"]))
    json.dumps(content.data, ensure_ascii=False, allow_nan=False).encode()
