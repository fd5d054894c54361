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


@dataclass(frozen=True, slots=True)
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
    secrets, livekit = startup.secrets, startup.livekit
    releases = Releases(store, startup.release)
    calls = Calls(releases, log)
    admission = Admission(releases, calls)
    root = startup.compiler.root
    tools = ToolRequests(releases, secrets, log, files=partial(attached, root), env=startup.env)
    calls.on_end.append(tools.call_ended)
    after = AfterCalls(releases, log, tools.egress)
    calls.on_end.append(after.call_ended)
    recorder = Recorder(releases, calls, log, secrets, startup.env, beside=after.written)
    metrics = Metrics(releases, calls, tools.breakers, tools.servers, recorder.figures)
    metrics.tell_room(admission)
    hooks = EventHooks(releases, after)
    calls.on_answer.append(hooks.answered)
    calls.on_event.append(hooks.happened)
    calls.on_failure.append(hooks.failed)
    calls.on_end.append(hooks.ended)
    after.count = metrics.delivered
    neighbours = Neighbours(startup.archive)
    health = Health(releases, tools.egress, log)
    external = ExternalJobs(
        livekit, releases, log, tools.egress, health, env=startup.env, send=after.send,
        shelf=JobShelf(lambda: Path(str(releases.current.process.data_dir))),
    )  # fmt: skip
    after.offer = external.offer_again
    metrics.add(ExternalFigures(external, lambda: sorted(releases.current.external_agents)))
    agents = LiveKitAgents(
        livekit, store.root, admission, calls, log,
        neighbours=neighbours, external=external, hear=records.listeners.append,
    )  # fmt: skip
    outgoing = _outgoing(startup, releases, calls, admission, recorder, agents, metrics, log)
    campaigns = _campaigns(releases, recorder, outgoing, tools, metrics)
    welcomes = Welcomes(releases, secrets, str(root))
    renewals = Renewals(releases, calls, welcomes, log, always=settings.dev)
    switchboard = Switchboard(
        calls, welcomes, tools, renewals, after, recorder, metrics.measures,
        recalls=Recalls(recorder), dialling=outgoing,
    )  # fmt: skip
    texts = Dialogues(
        store.socket, welcomes, calls, log,
        budget=lambda call: turn_budget(releases, call), take=switchboard.take,
        most=lambda: releases.current.process.capacity.max_dialogues,
    )  # fmt: skip
    outside = Outside(releases, calls, texts)
    switchboard.on_acted = outside.acted
    surroundings = ChildEnvironment(
        releases, secrets, texts.hosts, log, env=startup.env, livekit=livekit
    )
    voices = Voices(
        calls, admission, store.root,
        mode=partial(mode_of, releases),
        warm=surroundings.warm,
    )  # fmt: skip
    switchboard.on_voice = voices.take
    broken = startup.last_good
    mistakes = [
        *startup.compiled.diagnostics, *startup.lacking(startup.compiled), *startup.rejected,
    ]  # fmt: skip
    folder = FolderState(mistakes if broken else [], broken=broken)
    doors = FrontDoors(releases, secrets, log, env=startup.env, settings=settings)
    external.base = doors.public_url
    swap = Swap(
        releases, agents, surroundings, renewals,
        doors=doors, folder=folder, metrics=metrics, log=log, archive=startup.archive,
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
    DialCommands(outgoing).join(control)
    blocked = BlockedProcesses(calls, log)
    socket = CallSocket(
        calls=switchboard.serve,
        dialogues=texts.serve,
        control=control.serve,
        blocked=blocked.hear,
    )
    served = ServedRunner(
        releases, calls, admission, texts, voices,
        outside=outside, agents=agents, reloader=reloader, metrics=metrics, folder=folder,
        recorder=recorder, external=ServedJobs(releases, external, after, agents.registered),
        outgoing=outgoing, previews=previews, mask=lambda data: secrets.mask().data(data),
        campaigns=ServedCampaigns(releases, recorder.place, partial(read_table, root)),
        livekit=livekit, dev=settings.dev,
    )  # fmt: skip
    return Parts(
        releases, previews, calls, admission, metrics, neighbours, agents, outgoing,
        campaigns, external,
        health, after,
        recorder, switchboard,
        texts, voices, blocked, surroundings, swap, reloader, socket, doors, served,
        _front(served, doors, tools.egress.read),
    )  # fmt: skip


def _campaigns(
    releases: Releases,
    recorder: Recorder,
    outgoing: OutgoingCalls,
    tools: ToolRequests,
    metrics: Metrics,
) -> CampaignEngine:
    place = recorder.place
    engine = CampaignEngine(
        lambda: releases.current,
        lambda: place.database() if place.begun() else None,
        outgoing,
        tools.egress,
    )
    metrics.add(CampaignFigures(engine))
    return engine


def mode_of(releases: Releases, agent: str, preview: Preview | None) -> str | None:
    """How an agent that is served, or that a preview shows, is talked with."""
    shown = preview.release if preview is not None else releases.current.id
    release = releases.agent(shown, agent)
    return release.agent.mode if release is not None else None


def _outgoing(  # noqa: PLR0913, PLR0917 - the parts that it needs
    startup: Startup,
    releases: Releases,
    calls: Calls,
    admission: Admission,
    recorder: Recorder,
    agents: LiveKitAgents,
    metrics: Metrics,
    log: Log,
) -> OutgoingCalls:
    """Calls that agents make, which their registrations take and the metrics count."""
    outgoing = OutgoingCalls(
        releases, calls, admission, NeverCalled(recorder), OrderKeys(recorder.place), log,
        registered=agents.registered, livekit=startup.livekit,
        trunk=startup.env.get(TRUNK, "").strip() or None,
    )  # fmt: skip
    agents.orders = outgoing
    metrics.add(OutgoingFigures(outgoing))
    return outgoing


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
