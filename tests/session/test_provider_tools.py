"""Tools that a model's own provider runs, through LiveKit's real plugin."""

from __future__ import annotations

import sys

import pytest
from support.openai_stub import OpenAiStub, failed
from support.realtime_session import Call, Say
from support.realtime_stub import RealtimeStub
from support.responses_stub import ResponsesStub
from support.site import Site

from runner.cache import Cache
from runner.compiler import Compiler
from runner.providers import build as building
from runner.providers.loading import load as load_plugin
from runner.session.errors import CannotStartError

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: LLM
    variables:
      curious:
        type: yes_no
        default: no
        description: Whether the caller wants news
    tools:
      - remember
personas:
  host:
    instructions: Help.
    tools:
      - news
tools:
  news:
    provider_tool: openai.WebSearch
    MORE
    with:
      search_context_size: low
      user_location:
        type: approximate
        city: "{{ env.CITY or 'Hanoi' }}"
providers:
  brain:
    llm: openai.responses
    with:
      api_key: key-1
      base_url: URL
      use_websocket: no
  down:
    llm: openai
    with:
      api_key: key-1
      base_url: DOWN
"""
SEARCH = {
    "type": "web_search",
    "search_context_size": "low",
    "user_location": {"type": "approximate", "city": "Hanoi"},
}


@pytest.fixture
def service():
    """OpenAI's Responses API."""
    with ResponsesStub() as stub:
        yield stub


def folder(service, *, more="", llm="brain", down="http://127.0.0.1:1/v1"):
    text = FOLDER.replace("LLM", llm).replace("    MORE\n", more and f"    {more}\n")
    return text.replace("URL", service.url).replace("DOWN", down)


def names(tools):
    return [tool.get("name", tool["type"]) for tool in tools]


@pytest.mark.proves("ProviderTool.provider_tool", "ProviderTool.with")
async def test_the_provider_runs_it(begin, service):
    """The model's service is told of the tool with its options, runs it, and answers by itself."""
    talk = await begin(folder(service))
    turn = await talk.say("What is new?")
    assert turn.kinds == ["user", "agent"]
    assert turn.texts == ["The sun shines."]
    assert [tool for tool in service.tools if tool["type"] != "function"] == [SEARCH]
    assert names(service.tools) == ["remember", "web_search"]


@pytest.mark.proves("ProviderTool.if")
async def test_it_is_offered_while_its_condition_is_true(begin, service):
    """A condition holds for it as for any tool, looked at before each answer."""
    talk = await begin(folder(service, more="if: curious"))
    await talk.say("hello")
    assert names(service.tools) == ["remember"]
    talk.conversation._call.bound.variables.set("curious", "yes")
    await talk.say("hello")
    assert names(service.tools) == ["remember", "web_search"]


async def test_in_a_list_each_provider_has_its_own(begin, service):
    """Of several models in order those that cannot run it answer without it."""
    with OpenAiStub(lambda _: failed(401, "no money")) as down:
        listed = "\n      - down\n      - brain"
        talk = await begin(folder(service, llm=listed, down=down.url))
        assert (await talk.say("What is new?")).texts == ["The sun shines."]
        assert names(service.tools) == ["remember", "web_search"]
        assert [t["function"]["name"] for t in down.requests[0]["tools"]] == ["remember"]


async def test_a_changed_option_counts_from_the_next_turn(begin, load, service):
    """Another release brings the tool with its new options."""
    talk = await begin(folder(service))
    await talk.conversation.renew(load(folder(service).replace("low", "high")))
    await talk.say("What is new?")
    assert [t["search_context_size"] for t in service.tools if "search_context_size" in t] == [
        "high"
    ]


TOOLS = """
from abc import abstractmethod
from dataclasses import dataclass
from livekit.agents import ProviderTool
class AcmeTool(ProviderTool):
    @abstractmethod
    def to_dict(self): ...
@dataclass
class Search(AcmeTool):
    days: int = 1
    def __post_init__(self):
        if self.days > 7:
            raise ValueError("too old")
        super().__init__(id="acme_search")
    def to_dict(self):
        return {"type": "acme_search", "days": self.days}
"""
SPEECH = """
from livekit.plugins.openai import realtime as base
from . import tools
class Session(base.RealtimeSession):
    def _create_tools_update_event(self, given):
        event = super()._create_tools_update_event(given)
        event["session"]["tools"] += [t.to_dict() for t in given if isinstance(t, tools.AcmeTool)]
        return event
class RealtimeModel(base.RealtimeModel):
    def session(self, *, turn_detection_disabled: bool = False):
        made = Session(self)
        self._sessions.add(made)
        return made
"""
SPOKEN = """
agents:
  desk:
    start: host
    realtime: speech
    variables:
      curious:
        type: yes_no
        default: no
        description: Whether the caller wants news
    tools:
      - remember
personas:
  host:
    instructions: Help.
    tools:
      - news
tools:
  news:
    provider_tool: acme.Search
    if: curious
    with:
      days: DAYS
providers:
  speech:
    realtime: acme
    with:
      api_key: key-1
      base_url: URL
"""


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """A LiveKit plugin whose speech-to-speech model has a tool, as xAI's has."""
    site = Site(tmp_path / "site")
    site.folder.mkdir()
    site.livekit("acme", SPEECH)
    (site.folder / "livekit" / "plugins" / "acme" / "tools.py").write_text(TOOLS)
    monkeypatch.syspath_prepend(site.folder)
    forget()
    yield
    forget()


def forget():
    building.catalogue.cache_clear()
    load_plugin.cache_clear()
    for name in [n for n in sys.modules if n.startswith("livekit.plugins.acme")]:
        del sys.modules[name]


def last_tools(stub):
    sent = [e["session"]["tools"] for e in stub.of("session.update") if "tools" in e["session"]]
    return sent[-1]


@pytest.mark.usefixtures("acme")
async def test_a_speech_to_speech_model_has_it_too(begin):
    """Such a model is told of the tool, and again where its condition changes."""

    def answer(asked):
        curious = asked.text == "news" and not asked.outputs
        return Call("remember", {"curious": True}) if curious else Say("Good day.")

    with RealtimeStub(answer) as stub:
        talk = await begin(SPOKEN.replace("URL", stub.url).replace("DAYS", "3"))
        await talk.say("hello")
        assert names(last_tools(stub)) == ["remember"]
        await talk.say("news")
        assert last_tools(stub)[1:] == [{"type": "acme_search", "days": 3}]


@pytest.mark.usefixtures("acme")
async def test_what_cannot_be_made_is_told(begin):
    """A tool that refuses its options ends the call before it begins, in plain words."""
    with pytest.raises(CannotStartError, match=r"acme.Search.* could not be set up: too old"):
        await begin(
            SPOKEN.replace("URL", "http://127.0.0.1:1/v1")
            .replace("DAYS", "8")
            .replace("    if: curious\n", "")
        )


@pytest.mark.proves("ProviderTool.description", "ProviderTool.parameters", "ProviderTool.then")
@pytest.mark.parametrize(
    "line",
    [
        "description: Search.",
        "parameters:\n      day:\n        type: date",
        "then:\n      - say: Found.",
        "max_uses: 2",
        "confirm: yes",
        "rules:\n      - if: yes\n        answer: No.",
    ],
)
def test_what_only_lkrun_does_is_refused(tmp_path, parsed_files, line):
    """Keys of a tool that lkrun runs itself are told, each at its place."""
    name = line.partition(":")[0]
    (tmp_path / "a.yaml").write_text(FOLDER.replace("LLM", "brain").replace("MORE", line))
    diagnostics = Compiler(tmp_path, env={}, cache=Cache(parsed_files)).compile().diagnostics
    message = "takes its parameters from" if name == "parameters" else f"'{name}' does not go with"
    assert [(d.code, message in d.message) for d in diagnostics] == [("E112", True)]
