"""What the page has of others: as it was fetched, with its licence."""

from __future__ import annotations

import gzip
import hashlib
from importlib import resources

VENDOR = resources.files("runner.front") / "page" / "vendor"
CLIENT = "/-/page/livekit-client.js"


def test_each_file_is_the_one_that_was_fetched():
    """Its hash is the one that stands beside it, and nothing else is there."""
    sums = dict(line.split()[::-1] for line in (VENDOR / "SHA256SUMS").read_text().splitlines())
    there = {each.name for each in VENDOR.iterdir()} - {"SHA256SUMS", "fetch"}
    assert there == sums.keys()
    for name, digest in sums.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest
    assert "Apache License" in (VENDOR / "LICENSE.livekit-client").read_text()


async def test_it_is_sent_packed(ask):
    """A quarter of its size goes over the wire to a browser."""
    packed = await ask("GET", CLIENT, headers={"Accept-Encoding": "gzip"})
    plain = await ask("GET", CLIENT, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < len(plain.body) / 3
    assert plain.body == (VENDOR / "livekit-client-2.23.0.js").read_bytes()
    assert packed.body in (plain.body, gzip.compress(plain.body, mtime=0))


async def test_a_file_that_the_page_does_not_have(ask):
    """No other file is served, whatever its name."""
    for name in ("vendor", "..%2Findex.html", "vendor%2Ffetch", "index.html"):
        assert (await ask("GET", f"/-/page/{name}")).status == 404
