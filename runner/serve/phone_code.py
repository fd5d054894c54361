"""A QR code by which a phone in the same network opens the page (`lkrun serve --dev`)."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
from io import StringIO
from typing import Final, TextIO
from urllib.parse import urlsplit

_BRIGHT: Final = "\x1b[97;40m"
_OFF: Final = "\x1b[0m"

_ELSEWHERE: Final = {4: ("192.0.2.1", socket.AF_INET), 6: ("2001:db8::1", socket.AF_INET6)}
"""Addresses that are nobody's (RFC 5737, RFC 3849): on the way to them one leaves the machine."""


def reached(address: str) -> str | None:
    """The address at which other machines reach the front; nothing where it is this machine only.

    Args:
        address: where it listens.
    """
    split = urlsplit(address)
    try:
        host = ipaddress.ip_address(split.hostname or "")
    except ValueError:
        return address  # a name that somebody has written
    if host.is_loopback:
        return None
    if not host.is_unspecified:
        return address
    own = _own(host.version)
    if own is None:
        return None
    return f"{split.scheme}://{f'[{own}]' if ':' in own else own}:{split.port}"


def _own(version: int) -> str | None:
    """This machine's address in its network; nothing is sent to find it."""
    somewhere, family = _ELSEWHERE[version]
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((somewhere, 9))
            own = str(asking.getsockname()[0])
        except OSError:
            return None
    return None if ipaddress.ip_address(own).is_loopback else own


def code(address: str, *, colour: bool, columns: int) -> str:
    """The code of an address, with words below it; the words alone where it has no room.

    Args:
        address: what a phone opens.
        colour: whether the terminal takes colours: light on dark, whatever its own are.
        columns: how wide it is.
    """
    import segno

    drawn = StringIO()
    segno.make(address, error="m", micro=False).terminal(drawn, border=2, compact=True)
    lines = drawn.getvalue().splitlines()
    words = f"a phone in this network opens the page at {address}"
    if max(map(len, lines)) > columns:
        return f"{words}\n"
    if colour:
        lines = [f"{_BRIGHT}{line}{_OFF}" for line in lines]
    return "\n".join([*lines, words, ""])


def show(address: str, stream: TextIO, *, wanted: bool) -> None:
    """Show it to a person before a terminal, where the network reaches the front.

    Args:
        address: where it listens.
        stream: what the person sees.
        wanted: whether it is asked for at all.
    """
    opened = reached(address) if wanted and stream.isatty() else None
    if opened is not None:
        columns = shutil.get_terminal_size().columns
        colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        stream.write(code(opened, colour=colour, columns=columns))
        stream.flush()
