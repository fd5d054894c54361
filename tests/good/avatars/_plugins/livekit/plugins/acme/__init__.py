"""A LiveKit plugin made up for this folder."""

from __future__ import annotations

from livekit.agents.voice import avatar


class AvatarSession(avatar.AvatarSession):
    """A face."""

    def __init__(self, *, face: str = "ann") -> None:
        """Take the name of a face."""
        super().__init__()
        self.face = face
