"""A real LiveKit server on free ports of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from livekit import api

KEY, SECRET = "livekey", "a secret of the tests that is long enough"
_UP = 20.0
_PORTS = range(20_000, 32_000)


_given: set[int] = set()


def free_port(kind: socket.SocketKind) -> int:
    """A free port below those of outgoing connections, any of which could take it meanwhile."""
    for port in random.sample(_PORTS, len(_PORTS)):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, kind) as probe:
            probe.bind(("", port))
            if port not in _given:
                _given.add(port)
                return port
    raise OSError("no port is free")


@dataclass
class LiveKitServer:
    """The server; may be stopped and started again on the same ports.

    Attributes:
        redis: where it keeps phone numbers, `host:port`; without it, it has none.
    """

    program: str
    log: Path
    port: int = field(default_factory=lambda: free_port(socket.SOCK_STREAM))
    tcp: int = field(default_factory=lambda: free_port(socket.SOCK_STREAM))
    udp: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    redis: str | None = None
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """The standard environment variables."""
        return {"LIVEKIT_URL": self.url, "LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET}

    def start(
        self, arguments: Sequence[str] | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """Start it, and return when it answers; with arguments instead of its own configuration."""
        config = {
            "port": self.port,
            "bind_addresses": ["127.0.0.1"],
            "keys": {KEY: SECRET},
            "rtc": {
                "tcp_port": self.tcp,
                "udp_port": self.udp,
                "node_ip": "127.0.0.1",
                "use_external_ip": False,
            },
            **({"redis": {"address": self.redis}} if self.redis else {}),
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, *(arguments or ("--config-body", json.dumps(config)))],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, **(env or {})},
            )  # fmt: skip
        deadline = time.monotonic() + _UP
        between = threading.Event()
        while not self._answers():
            ended = self._process.poll()
            assert ended is None, f"LiveKit's server ended with {ended}: {self._last()}"
            assert time.monotonic() < deadline, f"LiveKit's server does not answer: {self._last()}"
            between.wait(0.05)

    def kill(self) -> None:
        """End it as a power cut does: nobody is told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def api(self) -> api.LiveKitAPI:
        """A client of its API."""
        return api.LiveKitAPI(f"http://127.0.0.1:{self.port}", KEY, SECRET)

    def token(self, room: str, identity: str, agent: str | None = None, metadata: str = "") -> str:
        """A token for a room, which calls the agent where one is named."""
        made = (
            api.AccessToken(KEY, SECRET)
            .with_identity(identity)
            .with_ttl(timedelta(minutes=10))
            .with_grants(api.VideoGrants(room_join=True, room=room))
        )
        if agent is not None:
            dispatch = api.RoomAgentDispatch(agent_name=agent, metadata=metadata)
            made = made.with_room_config(api.RoomConfiguration(agents=[dispatch]))
        token: str = made.to_jwt()
        return token

    async def dispatch(self, room: str, agent: str, metadata: str = "") -> Any:
        """Call an agent into a room."""
        async with self.api() as server:
            return await server.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(agent_name=agent, room=room, metadata=metadata)
            )

    def _answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=2) as reply,
        ):
            return bool(reply.read() == b"OK")
        return False

    def _last(self) -> str:
        return self.log.read_text("utf-8", "replace")[-2000:]
