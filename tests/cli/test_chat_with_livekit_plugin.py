"""`lkrun chat` with LiveKit's real `openai` plugin, against a server on this machine."""

from __future__ import annotations

import json
import sys

import pytest
from support.openai_stub import Asked, OpenAiStub, Reply, call, failed, say

DESK = """\
agents:
  desk:
    start: host
    mode: text
    llm: {llm}
    variables:
      guest:
        description: The name.
personas:
  host:
    instructions: Be kind to {{{{ guest or 'guests' }}}}.
    greeting:
      say: Hello, this is Sunrise.
    tools:
    - note_guest
tools:
  note_guest:
    description: Note who calls.
    remember:
    - guest
providers:
  brain:
    llm: openai
    with:
      model: gpt-4.1-mini
      base_url: {url}
      api_key: "{{{{ secrets.OPENAI_API_KEY }}}}"
  echo:
    llm: script
    with:
      rules:
      - when_caller_says: hi
        say: I am the echo.
"""

KEY = {"OPENAI_API_KEY": "sk-not-a-real-one"}


def written(folder, openai, llm="brain"):
    """Write the folder, with its model on this machine."""
    (folder / "desk.yaml").write_text(DESK.format(url=openai.url, llm=llm))
    return folder


def concierge(request: Asked) -> Reply:
    """A model that notes the caller's name, and greets them by it."""
    if request.last["role"] == "tool":
        return say("Thank you, it is noted.")
    if request.text.startswith("I am "):
        return call(("note_guest", {"guest": request.text.removeprefix("I am ")}))
    return say(f"You said {request.text}.")


def test_a_plugin_of_livekit_answers_and_calls_tools(lkrun, folder):
    """It streams words and tool calls, and sees what the tool has changed."""
    with OpenAiStub(concierge) as openai:
        done = lkrun(
            "chat", written(folder, openai), "--format", "json", stdin="hi\nI am Ann\n", env=KEY
        )
    assert (done.returncode, done.stderr) == (0, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e["text"] for e in events if e["type"] == "message"] == [
        "Hello, this is Sunrise.",
        "hi",
        "You said hi.",
        "I am Ann",
        "Thank you, it is noted.",
    ]
    assert [e["arguments"] for e in events if e["type"] == "tool_call"] == [{"guest": "Ann"}]
    assert [body["messages"][0]["content"] for body in openai.requests] == [
        "Be kind to guests.",
        "Be kind to guests.",
        "Be kind to Ann.",
    ]


@pytest.mark.parametrize(
    "answer", [lambda _: failed(401, "wrong key sk-not-a-real-one"), lambda _: failed(500, "down")]
)
def test_a_model_that_fails_is_told_in_words(lkrun, folder, answer):
    """The caller hears that it did not work; no traceback, and no key."""
    with OpenAiStub(answer) as openai:
        done = lkrun("chat", written(folder, openai), stdin="hi\n", env=KEY)
    assert done.returncode == 0
    assert len([line for line in done.stdout.splitlines() if line.startswith("host: ")]) == 2
    assert "Traceback" not in done.stdout + done.stderr
    assert KEY["OPENAI_API_KEY"] not in done.stdout + done.stderr


def test_a_plugin_that_a_reload_brings_is_imported_too(follow, folder):
    """A release that begins to use a plugin has it in the running conversation."""
    with OpenAiStub(concierge) as openai:
        chat = follow(written(folder, openai, llm="echo"), KEY)
        chat.say("hi")
        chat.until(text="I am the echo.")
        written(folder, openai)
        assert chat.until(type="reload")["kept"] is None
        chat.say("hi")
        chat.until(text="You said hi.")
        rest, code = chat.ends()
        assert ([e["type"] for e in rest], code) == (["end"], 0)


def test_a_plugin_is_imported_on_the_main_thread(lkrun, folder, tmp_path):
    """What a plugin asks of the thread on which it is built holds; it has LiveKit's session."""
    package = tmp_path / "site" / "livekit" / "plugins" / "strict"
    package.mkdir(parents=True)
    package.joinpath("__init__.py").write_text(
        "import threading\n"
        "from livekit.agents import Plugin, llm, utils\n"
        "class LLM(llm.LLM):\n"
        "    def __init__(self, *, note: str = ''):\n"
        "        assert threading.current_thread() is threading.main_thread()\n"
        "        super().__init__()\n"
        "        utils.http_context.http_session()\n"
        "    def chat(self, **_):\n"
        "        raise RuntimeError('no words')\n"
        "Plugin.register_plugin(type('P', (Plugin,), {})('strict', '1', 'strict'))\n"
    )
    about = tmp_path / "site" / "livekit_plugins_strict-1.0.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text(
        "Metadata-Version: 2.1\nName: livekit-plugins-strict\nVersion: 1.0\n"
    )
    about.joinpath("RECORD").write_text("livekit/plugins/strict/__init__.py,,\n")
    (folder / "desk.yaml").write_text(
        "agents:\n  desk:\n    start: host\n    mode: text\n    llm: brain\n"
        "personas:\n  host:\n    instructions: x\n    greeting:\n      say: Welcome.\n"
        "providers:\n  brain:\n    llm: strict\n"
    )
    path = ":".join([str(tmp_path / "site"), *filter(None, sys.path)])
    done = lkrun("chat", folder, env={"PYTHONPATH": path})
    assert "host: Welcome." in done.stdout, done.stdout + done.stderr
