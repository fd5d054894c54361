"""Whose rooms are whose: callers who prove themselves come into no room of somebody else.

A room that is made for a proven caller has a name that proves whose it is to every runner with the
same key of LiveKit, also after a restart: nothing is kept anywhere. A name that a caller has chosen
is theirs as long as this runner lives.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import Final

MOST: Final = 20_000
"""Rooms that are remembered; of more, those that were asked for last."""

NOBODY: Final = ""
"""The owner of a room that a program asked for."""

_PURPOSE: Final = b"lkrun whose room"
_PROOF: Final = 16
"""Hexadecimal digits of a proof: 64 bits, which nobody can try out over LiveKit."""


class RoomOwners:
    """Room → the identity of the proven caller who asked for it first."""

    def __init__(self) -> None:
        """Know no room."""
        self._of: OrderedDict[str, str] = OrderedDict()
        self._key = b""

    def prove_by(self, secret: str) -> None:
        """Take what names are proved by: the secret of LiveKit's key."""
        self._key = hashlib.sha256(_PURPOSE + secret.encode()).digest()

    def new_room(self, agent: str, identity: str | None) -> str:
        """A name that no room has; of a proven caller's, one that says whose it is."""
        room = f"{agent}-{secrets.token_hex(4)}"
        if identity is None or not self._key:
            return room
        return f"{room}-{self._proof(room, identity)}"

    def proves(self, room: str, identity: str) -> bool:
        """Whether the name of a room says that it was made for a caller."""
        if not self._key:
            return False
        name, _, proof = room.rpartition("-")
        return hmac.compare_digest(proof.encode(), self._proof(name, identity).encode())

    def _proof(self, name: str, identity: str) -> str:
        said = name.encode() + b"\0" + identity.encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()[:_PROOF]

    def claim(self, room: str, identity: str | None) -> str:
        """Note who asks for a room; gives whose it is, from now on or from before."""
        if identity is not None and self.proves(room, identity):
            self._of[room] = identity
        owner = self._of.setdefault(room, identity or NOBODY)
        self._of.move_to_end(room)
        while len(self._of) > MOST:
            self._of.popitem(last=False)
        return owner

    def known(self, room: str, identity: str | None = None) -> bool:
        """Whether somebody has asked for it, or its name says that it is a caller's."""
        return room in self._of or (identity is not None and self.proves(room, identity))

    def of(self, room: str) -> str | None:
        """The proven caller whose room it is; None where there is none."""
        return self._of.get(room) or None
