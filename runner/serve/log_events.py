"""The events that `lkrun serve` logs, in one table: the docs are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class LogEvent:
    """An event of the log.

    Attributes:
        happens: when it is logged.
        fields: its own, besides `ts`, `level` and `event`.
    """

    name: str
    happens: str
    fields: tuple[str, ...] = ()


EVENTS: Final = (
    LogEvent("call_process_ended", "the process of a call was blocked for too long; its caller is"
             " given another", ("session", "agent", "room", "pid")),
    LogEvent("check", "the folder was checked before serving, and has mistakes; or its tests ran",
             ("result", "release", "diagnostics", "tests")),
    LogEvent("delivery_failed", "what is sent after a call has not arrived; it is tried again",
             ("session", "agent", "delivery", "kind", "attempts", "error")),
    LogEvent("delivery_given_up", "what is sent after a call has not arrived, and is not tried any"
             " more until somebody says so",
             ("session", "agent", "delivery", "kind", "attempts", "error")),
    LogEvent("dialled", "a number was dialled for a call: `reason` is `answered`, or why nobody is"
             " there", ("session", "agent", "reason", "sip_status")),
    LogEvent("dispatch_repeated", "a caller waited for an agent whose call was lost; it is called"
             " again", ("agent", "room")),
    LogEvent("draining", "it was told to stop, and waits for calls in progress",
             ("calls", "seconds")),
    LogEvent("external_apology", "nobody is there for a call of an external agent, and the caller"
             " is told so", ("agent", "room", "error")),
    LogEvent("external_ended", "a job of an external agent is over; `status` says how",
             ("agent", "job", "room", "status", "attempts", "error")),
    LogEvent("external_fallback", "the fallback of an external agent takes the call",
             ("agent", "room", "fallback", "error")),
    LogEvent("external_fallback_failed", "the fallback of an external agent could not be called",
             ("agent", "room", "error")),
    LogEvent("external_gone", "the program of an external agent said that it is gone (410)",
             ("agent",)),
    LogEvent("external_healthy", "the program of an external agent works again", ("agent",)),
    LogEvent("external_identity", "the answer of an external agent names an identity of its own,"
             " which is not heeded", ("agent", "job")),
    LogEvent("external_job", "a job is offered to the program of an external agent",
             ("agent", "job", "room", "status", "attempts", "error")),
    LogEvent("external_joined", "the program of an external agent is in its room",
             ("agent", "job", "room", "status", "attempts", "error")),
    LogEvent("external_left", "it ends, and calls go on with programs of external agents: the next"
             " runner of the folder looks after them", ("jobs",)),
    LogEvent("external_resumed", "a job is looked after that a runner has left, which is no more",
             ("agent", "job", "room", "status", "attempts", "error")),
    LogEvent("external_unhealthy", "the program of an external agent does not answer for its"
             " health", ("agent", "error")),
    LogEvent("last_good", "the folder has mistakes; the last release without is served",
             ("release",)),
    LogEvent("listening", "the page is there, before LiveKit is reached", ("http",)),
    LogEvent("livekit_back", "LiveKit can be reached again", ("url",)),
    LogEvent("livekit_lost", "LiveKit cannot be reached; calls go on, new ones do not come",
             ("url", "error")),
    LogEvent("livekit_not_configured",
             "there are no credentials of LiveKit: text, and voice on the page only"),
    LogEvent("log", "a line of a library, or of a plugin", ("logger", "message")),
    LogEvent("more_like_this", "a warning or an error came so often that only the first ones of"
             " some seconds were logged", ("count", "seconds", "message")),
    LogEvent("no_browser", "`--open` has found no browser on this machine", ("http",)),
    LogEvent("no_tokens", "the front is open to other machines, and the files have no tokens any"
             " more: it lets nobody in"),
    LogEvent("no_webhook_secret", "what `runner.http.webhook_secret` reads is no secret of Standard"
             " Webhooks: signed events are refused"),
    LogEvent("not_enlisted", "`lkrun releases` and `lkrun rollback` will not find this runner",
             ("error",)),
    LogEvent("outbox_failed", "what is sent after calls cannot be kept on the disk",
             ("folder", "error")),
    LogEvent("processes_renewed", "new calls begin in new processes, since packages or settings"
             " have changed", ("reasons",)),
    LogEvent("provider_blocked", "a provider has held up all dialogues of its process for so long",
             ("agent", "module", "over", "package", "persona", "provider", "seconds", "session")),
    LogEvent("ready", "all agents are registered and the page is served",
             ("agents", "release", "http", "livekit")),
    LogEvent("records_not_spooled", "what happens in calls cannot be kept on the disk until it is"
             " in the database", ("folder", "error", "help")),
    LogEvent("records_not_stored", "the database of records cannot be used; calls go on, and what"
             " happened in them waits on the disk", ("error", "help")),
    LogEvent("records_stored", "records are stored again"),
    LogEvent("release_not_kept", "a release is served, but could not be kept on the disk",
             ("release", "error")),
    LogEvent("reload", "the files were looked at; `result` is `ok`, `rejected` or `unchanged`",
             ("result", "release", "took_ms", "compile_ms", "changes", "diagnostics", "tests",
              "error")),
    LogEvent("restart_needed", "something has changed that counts only after a restart",
             ("what",)),
    LogEvent("session_ended", "a call or a dialogue has ended",
             ("session", "agent", "kind", "release", "room", "reason", "turns", "duration")),
    LogEvent("session_given_up", "a caller waited, and no agent could be called",
             ("agent", "room")),
    LogEvent("session_not_renewed", "a call with `reload: next_turn` keeps its release",
             ("session", "agent", "release", "reason")),
    LogEvent("session_refused", "a call was not taken: full, or stopping",
             ("agent", "room", "reason")),
    LogEvent("session_renewed", "a call with `reload: next_turn` goes on with the new files",
             ("session", "agent", "release", "live", "waiting")),
    LogEvent("session_started", "a call or a dialogue has begun",
             ("session", "agent", "kind", "release", "room")),
    LogEvent("sweep_failed", "LiveKit could not be asked for callers who wait; it is tried again"),
    LogEvent("text_host_replaced", "the process of text dialogues did not answer; a new one begins",
             ("pid", "sessions")),
    LogEvent("tool_failed", "a tool's request failed",
             ("session", "agent", "tool", "error", "attempts")),
    LogEvent("worker_failed", "an agent could not be registered with LiveKit", ("agent",)),
)  # fmt: skip
"""In the order of the alphabet."""
