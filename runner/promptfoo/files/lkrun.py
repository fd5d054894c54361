"""Evaluates the agents of a running `lkrun serve` with promptfoo.

Written by `lkrun promptfoo init`, the twin of lkrun.mjs for those who would rather read Python.
One test is one conversation: the prompt is its one turn, or `vars.turns` is a list of turns. Tests
with the same `metadata.conversationId` (or `vars.sessionId`) go on with one conversation. With
`enableAudio` both speak, in real time, and the sound is at `metadata.audioUrl` for an hour. Every
conversation is deleted when its test, or for shared ones the evaluation, has ended.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ADDRESS = "http://127.0.0.1:8090"
TIMEOUT = 30_000
BUSY = (429, 503)

IDLE = {
    "agentPath": "the runner serves the folder that it was started with",
    "roomName": "conversations by text have no room",
    "serverUrl": "LiveKit's address is read by lkrun serve",
    "apiKey": "LiveKit's key is read by lkrun serve",
    "apiSecret": "LiveKit's secret is read by lkrun serve",
    "enableVideo": "agents see nothing in these conversations",
    "enableChat": "words are always sent as text; with enableAudio a voice says them",
    "tools": "the agent's tools are declared in its YAML files",
}
"""Options that only have a meaning elsewhere, and why they change nothing here."""

APPLY = (
    "agent",
    "url",
    "token",
    "sessionTimeout",
    "enableAudio",
    "variables",
    "metadata",
    "basePath",
)
PROMPTFOO = ("workers", "timeout", "pythonExecutable")
"""Options that promptfoo itself reads for a provider in Python."""

HARMLESS = {"enableVideo": False, "enableChat": True}
"""What each of them may be without a word: it asks for what is so anyway."""


class ProviderError(Exception):
    """The agent cannot be asked; the message is a plain sentence."""


def agent_name(written: Any) -> str:
    """The name: `clinic`, `livekit:clinic` and `livekit:agent:clinic` are the same."""
    return str(written or "").removeprefix("livekit:").removeprefix("agent:")


def call_api(prompt: str, options: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """Have a conversation, as promptfoo asks for it."""
    config = options.get("config") or {}
    label = str(options.get("label") or "")
    agent = agent_name(config.get("agent") or (label if label.startswith("livekit:") else ""))
    mistake = _mistake(agent, config)
    if mistake:
        return {"error": mistake}
    runner = Runner(agent, config)
    variables = context.get("vars") or {}
    turns = variables.get("turns")
    texts = [str(text) for text in turns] if isinstance(turns, list) else [prompt]
    key = _shared(f"{runner.url}/{agent}", context)
    try:
        if key is None:
            return _alone(runner, texts, variables)
        with _kept(key, runner) as session:
            return _talk(runner, session, texts, variables)
    except ProviderError as error:
        return {"error": str(error), "metadata": {"agent": agent}}


def _mistake(agent: str, config: dict[str, Any]) -> str | None:
    if not agent:
        return "the provider's config needs 'agent': the name of an agent of the runner"
    known = [*APPLY, *IDLE]
    odd = next((name for name in config if name not in (*known, *PROMPTFOO)), None)
    if odd is not None:
        listed = ", ".join(known)
        return f"the provider's config has an unknown option '{odd}'; there are: {listed}"
    timeout = config.get("sessionTimeout", TIMEOUT)
    if not isinstance(timeout, int | float) or timeout <= 0:
        return f"'sessionTimeout' is not a number of milliseconds: {timeout}"
    audio = config.get("enableAudio", False)
    if not isinstance(audio, bool):
        return f"'enableAudio' is neither true nor false: {audio}"
    return None


class Runner:
    """The runner's HTTP front, and the time that one test has."""

    def __init__(self, agent: str, config: dict[str, Any]) -> None:
        self.agent, self.config = agent, config
        url = os.environ.get("LKRUN_URL") or config.get("url") or ADDRESS
        self.url = str(url).rstrip("/")
        self.token = config.get("token") or os.environ.get("LKRUN_TOKEN")
        self.timeout = float(config.get("sessionTimeout", TIMEOUT))
        self.end = time.monotonic() + self.timeout / 1000

    def turn(self, session: str | None, text: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Say something; without a session a conversation begins."""
        body: dict[str, Any] = {"text": text}
        if session is not None:
            body["session_id"] = session
        else:
            if self.config.get("enableAudio"):
                body["audio"] = True
            for name in ("variables", "metadata"):
                value = variables.get(name, self.config.get(name))
                if value is not None:
                    body[name] = value
        path = f"/v1/agents/{urllib.parse.quote(self.agent, safe='')}/turns"
        answer: dict[str, Any] = self.ask("POST", path, body)
        return answer

    def delete(self, session: str | None) -> None:
        """End a conversation; it may have ended by itself."""
        if session is not None:
            self.end = max(self.end, time.monotonic() + 5)
            with contextlib.suppress(ProviderError):
                self.ask("DELETE", f"/v1/sessions/{urllib.parse.quote(session, safe='')}")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the runner; while it is full, ask again until the time is over."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        while True:
            request = urllib.request.Request(self.url + path, data, headers, method=method)
            left = self.end - time.monotonic()
            if left <= 0:
                raise ProviderError(self._late())
            try:
                with urllib.request.urlopen(request, timeout=left) as response:
                    text = response.read()
                    return json.loads(text) if text else None
            except urllib.error.HTTPError as error:
                wait = float(error.headers.get("Retry-After") or 0)
                if error.code not in BUSY or not wait:
                    raise ProviderError(_problem(error)) from None
                time.sleep(max(0.0, min(wait, self.end - time.monotonic())))
            except TimeoutError:
                raise ProviderError(self._late()) from None
            except urllib.error.URLError as error:
                if isinstance(error.reason, TimeoutError):
                    raise ProviderError(self._late()) from None
                message = f"lkrun cannot be reached at {self.url} ({error.reason})"
                raise ProviderError(f"{message}: is 'lkrun serve' running?") from None

    def _late(self) -> str:
        return f"the agent did not answer within {self.timeout:g} ms (sessionTimeout)"


def _problem(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.load(error)["error"]
    except (ValueError, KeyError, TypeError):
        return f"the runner answered {error.code}"
    return f"{problem['message']}; {problem['help']}" if problem.get("help") else problem["message"]


def _alone(runner: Runner, texts: list[str], variables: dict[str, Any]) -> dict[str, Any]:
    session: list[str | None] = [None]
    try:
        return _talk(runner, session, texts, variables)
    finally:
        runner.delete(session[0])


def _talk(
    runner: Runner, session: list[str | None], texts: list[str], variables: dict[str, Any]
) -> dict[str, Any]:
    began, answers = time.monotonic(), []
    for text in texts:
        answers.append(runner.turn(session[0], text, variables))
        session[0] = answers[-1]["session_id"]
        if answers[-1].get("failure"):
            raise ProviderError(answers[-1]["failure"])
    last = answers[-1] if answers else {}
    notes = [
        f"'{name}' changes nothing here: {why}"
        for name, why in IDLE.items()
        if name in runner.config and runner.config[name] is not HARMLESS.get(name, ...)
    ]
    return {
        "output": last.get("text", ""),
        "sessionId": session[0],
        "tokenUsage": _tokens(answers),
        "latencyMs": sum(answer["latency_ms"] for answer in answers),
        "metadata": {
            "sessionId": session[0],
            "agent": runner.agent,
            "persona": last.get("persona"),
            "release": last.get("release"),
            "duration": round((time.monotonic() - began) * 1000),
            "ended": bool(last.get("ended")),
            **_sound(runner, last.get("audio")),
            "variables": last.get("variables", {}),
            "events": [event for answer in answers for event in answer["events"]],
            **({"notes": notes} if notes else {}),
        },
    }


def _tokens(answers: list[dict[str, Any]]) -> dict[str, int]:
    tokens = {
        name: sum(answer["usage"][f"{side}_tokens"] for answer in answers)
        for name, side in (("prompt", "input"), ("completion", "output"))
    }
    return {"total": sum(tokens.values()), **tokens, "numRequests": len(answers)}


def _sound(runner: Runner, audio: dict[str, Any] | None) -> dict[str, Any]:
    """Where a spoken conversation can be heard: the caller on the left, the agent on the right."""
    if audio is None:
        return {}
    return {"audioUrl": runner.url + audio["url"], "audioDuration": audio["duration_ms"]}


def _shared(agent: str, context: dict[str, Any]) -> tuple[str, str] | None:
    """The evaluation and the conversation that a test shares with others."""
    variables, test = context.get("vars") or {}, context.get("test") or {}
    named = variables.get("sessionId", (test.get("metadata") or {}).get("conversationId"))
    if named is None:
        return None
    evaluation = str(context.get("evaluationId") or variables.get("__evalId") or "")
    return evaluation, f"{variables.get('__repeatIndex', 0)}:{agent}:{named}"


def _folder(evaluation: str) -> Path:
    name = hashlib.sha256(evaluation.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"lkrun-promptfoo-{name}"


@contextlib.contextmanager
def _kept(key: tuple[str, str], runner: Runner) -> Iterator[list[str | None]]:
    """A conversation that tests share; promptfoo has a process for each few of them."""
    folder = _folder(key[0])
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{hashlib.sha256(key[1].encode()).hexdigest()[:16]}.json"
    lock = file.with_suffix(".lock")
    while True:
        with contextlib.suppress(FileExistsError):
            lock.touch(exist_ok=False)
            break
        if time.monotonic() > runner.end:
            raise ProviderError("another test keeps this conversation for too long")
        time.sleep(0.02)
    try:
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        session: list[str | None] = [known.get("session")]
        try:
            yield session
        finally:
            data = {"session": session[0], "agent": runner.agent, "config": runner.config}
            file.write_text(json.dumps(data), encoding="utf-8")
    finally:
        lock.unlink()


def end_conversations(hook: str, context: dict[str, Any]) -> None:
    """For `extensions:` of the configuration: end the conversations that tests have shared."""
    if hook != "afterAll":
        return
    folder = _folder(str(context.get("evalId") or ""))
    for file in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        known = json.loads(file.read_text(encoding="utf-8"))
        Runner(known["agent"], known["config"]).delete(known["session"])
        file.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()
