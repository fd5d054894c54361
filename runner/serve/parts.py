"""The parts of a runner, built in order: each is given those that it needs, all built before it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runner.front.app import Front
from runner.serve import descriptors
from runner.serve.browser import here
from runner.serve.campaigns.book import ServedCampaigns
from runner.serve.campaigns.engine import CampaignEngine
from runner.serve.campaigns.figures import CampaignFigures
from runner.serve.control import Control
from runner.serve.credentials import NAMES
from runner.serve.doors import FrontDoors
from runner.serve.external.book import ServedJobs
from runner.serve.external.figures import ExternalFigures
from runner.serve.external.health import Health
from runner.serve.external.jobs import ExternalJobs
from runner.serve.external.shelf import JobShelf
from runner.serve.metrics import Metrics
from runner.serve.outgoing.by_command import DialCommands
from runner.serve.outgoing.calls import TRUNK, OutgoingCalls
from runner.serve.outgoing.figures import OutgoingFigures
from runner.serve.outgoing.keys import OrderKeys
from runner.serve.outgoing.never_called import NeverCalled
from runner.serve.records.recalls import Recalls
from runner.serve.records.recorder import Recorder
from runner.serve.releases.previews import Previews
from runner.serve.releases.served import Releases
from runner.serve.reload.folder_state import FolderState
from runner.serve.reload.inherited import ChildEnvironment
from runner.serve.reload.next_turn import Renewals
from runner.serve.reload.reloader import Reloader
from runner.serve.reload.rollback import Rollback
from runner.serve.reload.swap import Swap
from runner.serve.runner import ServedRunner
from runner.serve.sessions.admission import Admission
from runner.serve.sessions.after_calls import AfterCalls
from runner.serve.sessions.blocked import BlockedProcesses
from runner.serve.sessions.calls import Calls, turn_budget
from runner.serve.sessions.dialogues import Dialogues
from runner.serve.sessions.event_hooks import EventHooks
from runner.serve.sessions.outside import Outside
from runner.serve.sessions.switchboard import Switchboard
from runner.serve.sessions.tool_requests import ToolRequests
from runner.serve.sessions.voices import Voices
from runner.serve.sessions.welcomes import Welcomes
from runner.serve.socket.server import CallSocket
from runner.serve.startup import CannotServeError, ServeSettings, Startup
from runner.serve.workers.livekit import LiveKitAgents
from runner.serve.workers.neighbours import Neighbours
from runner.source import attached, read_table

if TYPE_CHECKING:
    from runner.egress.secrets import Secrets
    from runner.front.signing_keys import Fetch
    from runner.front.talks_port import Preview
    from runner.serve.log import Handler, Log
    from runner.serve.releases.store import Store
    from runner.serve.tasks import Tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the life of a runner starts, looks after and stops."""

    releases: Releases
    previews: Previews
    calls: Calls
    admission: Admission
    metrics: Metrics
    neighbours: Neighbours
    agents: LiveKitAgents
    outgoing: OutgoingCalls
    campaigns: CampaignEngine
    external: ExternalJobs
    health: Health
    after: AfterCalls
    recorder: Recorder
    switchboard: Switchboard
    texts: Dialogues
    voices: Voices
    blocked: BlockedProcesses
    surroundings: ChildEnvironment
    swap: Swap
    reloader: Reloader
    socket: CallSocket
    doors: FrontDoors
    served: ServedRunner
    front: Front


def build(  # noqa: PLR0913 - what a runner begins with
    startup: Startup,
    settings: ServeSettings,
    *,
    store: Store,
    log: Log,
    records: Handler,
    tasks: Tasks,
) -> Parts:
    """Build them; nothing runs yet.

    Raises:
        OSError: the release cannot be stored.
        CannotServeError: the front cannot be where it should.
    """
    base = _base(startup, settings, store, log)
    kept = _kept(base)
    in_livekit = _in_livekit(base, kept, records)
    talking = _talking(base, kept, in_livekit)
    changing = _changing(base, kept, in_livekit, talking, tasks)
    blocked = BlockedProcesses(base.calls, log)
    socket = CallSocket(
        calls=talking.switchboard.serve,
        dialogues=talking.texts.serve,
        control=changing.control.serve,
        blocked=blocked.hear,
    )
    served = _served(base, kept, in_livekit, talking, changing)
    return Parts(
        releases=base.releases, calls=base.calls, admission=base.admission,
        metrics=kept.metrics, after=kept.after, recorder=kept.recorder,
        neighbours=in_livekit.neighbours, agents=in_livekit.agents, external=in_livekit.external,
        health=in_livekit.health, outgoing=in_livekit.outgoing, campaigns=in_livekit.campaigns,
        switchboard=talking.switchboard, texts=talking.texts, voices=talking.voices,
        surroundings=talking.surroundings,
        swap=changing.swap, reloader=changing.reloader, previews=changing.previews,
        doors=changing.doors, blocked=blocked, socket=socket, served=served,
        front=_front(served, changing.doors, base.tools.egress.read),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Base:
    """What a runner begins with, and what all else needs."""

    startup: Startup
    settings: ServeSettings
    store: Store
    log: Log
    releases: Releases
    calls: Calls
    admission: Admission
    tools: ToolRequests

    @property
    def secrets(self) -> Secrets:
        return self.startup.secrets

    @property
    def root(self) -> Path:
        return self.startup.compiler.root


def _base(startup: Startup, settings: ServeSettings, store: Store, log: Log) -> _Base:
    releases = Releases(store, startup.release)
    calls = Calls(releases, log)
    files = partial(attached, startup.compiler.root)
    tools = ToolRequests(releases, startup.secrets, log, files=files, env=startup.env)
    calls.on_end.append(tools.call_ended)
    admission = Admission(releases, calls)
    return _Base(startup, settings, store, log, releases, calls, admission, tools)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What remembers, counts and tells what happens in calls."""

    after: AfterCalls
    recorder: Recorder
    metrics: Metrics


def _kept(base: _Base) -> _Kept:
    releases, calls, tools = base.releases, base.calls, base.tools
    after = AfterCalls(releases, base.log, tools.egress)
    calls.on_end.append(after.call_ended)
    recorder = Recorder(
        releases, calls, base.log, base.secrets, base.startup.env, beside=after.written
    )
    metrics = Metrics(releases, calls, tools.breakers, tools.servers, recorder.figures)
    metrics.tell_room(base.admission)
    hooks = EventHooks(releases, after)
    calls.on_answer.append(hooks.answered)
    calls.on_event.append(hooks.happened)
    calls.on_failure.append(hooks.failed)
    calls.on_end.append(hooks.ended)
    after.count = metrics.delivered
    return _Kept(after, recorder, metrics)


@dataclass(frozen=True, slots=True)
class _InLiveKit:
    """What goes on in LiveKit's rooms."""

    neighbours: Neighbours
    health: Health
    external: ExternalJobs
    agents: LiveKitAgents
    outgoing: OutgoingCalls
    campaigns: CampaignEngine


def _in_livekit(base: _Base, kept: _Kept, records: Handler) -> _InLiveKit:
    startup, releases, log = base.startup, base.releases, base.log
    neighbours = Neighbours(startup.archive)
    health = Health(releases, base.tools.egress, log)
    external = ExternalJobs(
        startup.livekit, releases, log, base.tools.egress, health,
        env=startup.env, send=kept.after.send,
        shelf=JobShelf(lambda: Path(str(releases.current.process.data_dir))),
    )  # fmt: skip
    kept.after.offer = external.offer_again
    kept.metrics.add(ExternalFigures(external, lambda: sorted(releases.current.external_agents)))
    agents = LiveKitAgents(
        startup.livekit, base.store.root, base.admission, base.calls, log,
        neighbours=neighbours, external=external, hear=records.listeners.append,
    )  # fmt: skip
    outgoing = _outgoing(base, kept, agents)
    campaigns = _campaigns(base, kept, outgoing)
    return _InLiveKit(neighbours, health, external, agents, outgoing, campaigns)


def _outgoing(base: _Base, kept: _Kept, agents: LiveKitAgents) -> OutgoingCalls:
    """Calls that agents make, which their registrations take and the metrics count."""
    recorder, startup = kept.recorder, base.startup
    outgoing = OutgoingCalls(
        base.releases, base.calls, base.admission, NeverCalled(recorder), OrderKeys(recorder.place),
        base.log,
        refusal=agents.refusal, livekit=startup.livekit,
        trunk=startup.env.get(TRUNK, "").strip() or None,
    )  # fmt: skip
    agents.orders = outgoing
    kept.metrics.add(OutgoingFigures(outgoing))
    return outgoing


def _campaigns(base: _Base, kept: _Kept, outgoing: OutgoingCalls) -> CampaignEngine:
    place = kept.recorder.place
    engine = CampaignEngine(
        lambda: base.releases.current,
        lambda: place.database() if place.begun() else None,
        outgoing,
        base.tools.egress,
    )
    kept.metrics.add(CampaignFigures(engine))
    return engine


@dataclass(frozen=True, slots=True)
class _Talking:
    """The processes in which is talked, and who hears them."""

    renewals: Renewals
    switchboard: Switchboard
    texts: Dialogues
    outside: Outside
    surroundings: ChildEnvironment
    voices: Voices


def _talking(base: _Base, kept: _Kept, in_livekit: _InLiveKit) -> _Talking:
    startup, releases, calls, log = base.startup, base.releases, base.calls, base.log
    welcomes = Welcomes(releases, base.secrets, str(base.root))
    renewals = Renewals(releases, calls, welcomes, log, always=base.settings.dev)
    switchboard = Switchboard(
        calls, welcomes, base.tools, renewals, kept.after, kept.recorder, kept.metrics.measures,
        recalls=Recalls(kept.recorder), dialling=in_livekit.outgoing,
    )  # fmt: skip
    texts = Dialogues(
        base.store.socket, welcomes, calls, log,
        budget=lambda call: turn_budget(releases, call), take=switchboard.take,
        most=lambda: releases.current.process.capacity.max_dialogues,
    )  # fmt: skip
    outside = Outside(releases, calls, texts)
    switchboard.on_acted = outside.acted
    surroundings = ChildEnvironment(
        releases, base.secrets, texts.hosts, log, env=startup.env, livekit=startup.livekit
    )
    voices = Voices(
        calls, base.admission, base.store.root,
        mode=partial(mode_of, releases),
        warm=surroundings.warm,
    )  # fmt: skip
    switchboard.on_voice = voices.take
    return _Talking(renewals, switchboard, texts, outside, surroundings, voices)


@dataclass(frozen=True, slots=True)
class _Changing:
    """What compiles the folder, and serves what comes of it."""

    folder: FolderState
    doors: FrontDoors
    swap: Swap
    reloader: Reloader
    previews: Previews
    control: Control


def _changing(
    base: _Base, kept: _Kept, in_livekit: _InLiveKit, talking: _Talking, tasks: Tasks
) -> _Changing:
    startup, releases, secrets = base.startup, base.releases, base.secrets
    broken = startup.last_good
    mistakes = [
        *startup.compiled.diagnostics, *startup.lacking(startup.compiled), *startup.rejected,
    ]  # fmt: skip
    folder = FolderState(mistakes if broken else [], broken=broken)
    doors = FrontDoors(releases, secrets, base.log, env=startup.env, settings=base.settings)
    external = in_livekit.external
    external.base = doors.public_url
    swap = Swap(
        releases, in_livekit.agents, talking.surroundings, talking.renewals,
        doors=doors, folder=folder, metrics=kept.metrics, log=base.log, archive=startup.archive,
        external=external, spawn=tasks.spawn,
    )  # fmt: skip
    reloader = Reloader(
        startup.compiler, startup.compiled, swap, startup.lacking,
        served=startup.release, beside=lambda: _secret_files(releases, secrets),
        gate=startup.gate, rejected=startup.rejected,
    )  # fmt: skip
    previews = Previews(releases, reloader.compiled_now)
    previews.address = lambda: doors.public_url(here(external.listening))
    control = Control(releases, Rollback(releases, swap, reloader, secrets).to, previews.make)
    DialCommands(in_livekit.outgoing).join(control)
    return _Changing(folder, doors, swap, reloader, previews, control)


def _served(
    base: _Base, kept: _Kept, in_livekit: _InLiveKit, talking: _Talking, changing: _Changing
) -> ServedRunner:
    """What the front asks."""
    releases, agents, recorder = base.releases, in_livekit.agents, kept.recorder
    return ServedRunner(
        releases, base.calls, base.admission, talking.texts, talking.voices,
        outside=talking.outside, agents=agents, reloader=changing.reloader, metrics=kept.metrics,
        folder=changing.folder, recorder=recorder,
        external=ServedJobs(releases, in_livekit.external, kept.after, agents.registered),
        outgoing=in_livekit.outgoing, previews=changing.previews,
        mask=lambda data: base.secrets.mask().data(data),
        campaigns=ServedCampaigns(releases, recorder.place, partial(read_table, base.root)),
        livekit=base.startup.livekit, dev=base.settings.dev,
    )  # fmt: skip


def mode_of(releases: Releases, agent: str, preview: Preview | None) -> str | None:
    """How an agent that is served, or that a preview shows, is talked with."""
    shown = preview.release if preview is not None else releases.current.id
    release = releases.agent(shown, agent)
    return release.agent.mode if release is not None else None


def _front(served: ServedRunner, doors: FrontDoors, fetch: Fetch) -> Front:
    try:
        limits = descriptors.prepare()
        host, port = doors.address
        return Front(served, host=host, port=port, limits=limits, doors=doors.now, fetch=fetch)
    except ValueError as error:
        raise CannotServeError(str(error)) from None


def _secret_files(releases: Releases, secrets: Secrets) -> tuple[tuple[str, int, int], ...]:
    """The state of the files that hold the secrets of what is served."""
    return secrets.state(sorted({*releases.current.secrets, *NAMES.values()}))
