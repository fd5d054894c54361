"""The running `lkrun serve`: what is served, what is on, and the answers to the HTTP front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.front.port import AgentInfo, CallLoad, DialogueError
from runner.front.rooms_port import OpenRoom, RoomPass, RoomVisit, RoomWish
from runner.serve.outgoing.book import ServedCalls
from runner.serve.records.book import ServedRecords
from runner.serve.reload import report
from runner.serve.served_acts import ServedActs
from runner.serve.served_talks import ServedTalks, shown
from runner.serve.taps import taps_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.front.campaigns_port import CampaignBook
    from runner.front.jobs_port import JobBook
    from runner.serve.credentials import LiveKit
    from runner.serve.metrics import Metrics
    from runner.serve.outgoing.calls import OutgoingCalls
    from runner.serve.records.recorder import Recorder
    from runner.serve.releases.previews import Previews
    from runner.serve.releases.served import Releases
    from runner.serve.reload.folder_state import FolderState
    from runner.serve.reload.reloader import Reloader
    from runner.serve.sessions.admission import Admission
    from runner.serve.sessions.calls import Calls
    from runner.serve.sessions.dialogues import Dialogues
    from runner.serve.sessions.outside import Outside
    from runner.serve.sessions.voices import Voices
    from runner.serve.workers.livekit import LiveKitAgents
    from runner.serve.workers.rooms import Rooms


class ServedRunner(ServedTalks, ServedActs):
    """Implements `runner.front.port.Runner`.

    Attributes:
        records: what is kept of sessions and callers.
        external: jobs of external agents, and what is delivered.
        outgoing: calls that agents make.
        campaigns: whom they call, one after the other.
        dev: whether running calls go on with what is saved.

    Args:
        mask: hides secrets in what is handed out to be kept elsewhere.
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        releases: Releases,
        calls: Calls,
        admission: Admission,
        texts: Dialogues,
        voices: Voices,
        *,
        outside: Outside,
        agents: LiveKitAgents,
        reloader: Reloader,
        metrics: Metrics,
        folder: FolderState,
        recorder: Recorder,
        external: JobBook,
        outgoing: OutgoingCalls,
        campaigns: CampaignBook,
        previews: Previews,
        mask: Callable[[Any], Any],
        livekit: LiveKit | None,
        dev: bool = False,
    ) -> None:
        ServedActs.__init__(self, outside, admission, recorder)
        ServedTalks.__init__(
            self, releases, calls, admission, texts, voices,
            recorder=recorder, previews=previews, mask=mask,
        )  # fmt: skip
        self._agents = agents
        self._reloader = reloader
        self._metrics = metrics
        self._folder = folder
        self.records = ServedRecords(releases, recorder)
        self.external = external
        self.outgoing = ServedCalls(outgoing)
        self.campaigns = campaigns
        self._livekit = livekit
        self._begun = False
        self.dev = dev

    def begin(self) -> None:
        """Let the folder be compiled again from now on."""
        self._begun = True

    @property
    def release(self) -> dict[str, Any]:
        """The served release: id, time, agents."""
        current = self._releases.current
        since = self._releases.since.isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"id": current.id, "time": since, "agents": current.names}

    @property
    def livekit_url(self) -> str | None:
        """Where LiveKit is, or None where text only is served."""
        return self._livekit.url if self._livekit else None

    def not_ready(self) -> str | None:
        """Why calls cannot be taken yet, or None."""
        if self._admission.draining:
            return "the runner is shutting down"
        return self._agents.not_ready() or self._texts.hosts.not_ready()

    def load(self) -> CallLoad:
        """How many calls are on, and may be."""
        admission = self._admission
        return CallLoad(admission.calls, admission.most_calls, admission.full)

    def agents(self, release: str | None = None) -> list[AgentInfo]:
        """The agents of the served release, or of another one that is kept."""
        return [
            AgentInfo(
                name,
                release.agent.description,
                str(release.agent.first),
                release.agent.mode,
                self._agents.registered(name),
                tuple(release.personas),
                tuple(map(str, release.variables)),
                tuple(map(str, release.agent.suggestions)),
                release.pressable,
                taps_of(release),
            )
            for name, release in sorted(shown(self._releases, release).agents.items())
        ]

    def portraits(self, release: str | None = None) -> dict[str, dict[str, Any]]:
        """What the page shows of each agent: its picture, its models."""
        from runner.serve.portraits import portraits

        return portraits(shown(self._releases, release))

    async def reload(self) -> dict[str, Any]:
        """Compile the folder now.

        Raises:
            DialogueError: the runner has not begun, or ends; or lkrun itself failed.
        """
        if not self._begun or self._admission.draining:
            raise DialogueError("draining", self.not_ready() or "the runner is starting")
        outcome = await self._reloader.attempt()
        if outcome.error is not None:
            raise RuntimeError(outcome.error)
        return report.fields(outcome)

    def metrics(self) -> str:
        """What Prometheus reads."""
        return self._metrics.text()

    async def let_in(self, visit: RoomVisit) -> RoomPass:
        """A token for a room in which the agent will be.

        Raises:
            DialogueError: the agent is unknown or not named, or cannot take a call now.
        """
        return await self._rooms().let_in(visit)

    async def open_room(self, wish: RoomWish) -> OpenRoom:
        """Have a room made and the agent called into it.

        Raises:
            DialogueError: as `let_in`.
        """
        return await self._rooms().open_room(wish)

    def _rooms(self) -> Rooms:
        from runner.serve.workers.rooms import Rooms

        return Rooms(
            self._livekit, self._releases, self._admission, self._agents, self._calls.owners
        )

    def meet_link(self, agent: str) -> str | None:
        """A LiveKit Meet address with a fresh token for the agent; None without LiveKit."""
        if self._livekit is None:
            return None
        from runner.serve.workers.tokens import Visit, meet_link, mint

        named = self._admission.dispatch(agent).mode == "explicit"
        return meet_link(self._livekit.url, mint(self._livekit, Visit(agent, named=named)).token)

    def folder(self) -> dict[str, Any]:
        """How the folder stands."""
        return self._folder.to_data()
