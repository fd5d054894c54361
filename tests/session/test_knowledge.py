"""Tools that look something up, in documents and at services."""

from __future__ import annotations

import json

import httpx
import pytest

from runner.egress.secrets import Secrets

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      house: Lotus
      asked:
        type: yes_no
    tools:
      - look_up
personas:
  host:
    instructions: You answer questions.
tools:
  look_up:
    description: Find what stands in the rules of {{ house }}.
    if: not asked
    knowledge:
      - rules
      - catalogue
    then:
      set:
        asked: "yes"
    on_error: Say that it is not known now, it was {{ error.status }}.
knowledge:
  rules:
    files: rules
    results: 1
  catalogue:
    http:
      service: search
      method: POST
      url: /search
      body:
        json:
          text: "{{ query }}"
          house: "{{ house }}"
    pick: documents[].text
    max_size: 1KB
services:
  search:
    url: https://search.example/v1
    auth:
      bearer: "{{ secrets.SEARCH_TOKEN }}"
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: park
          call:
            look_up:
              query: How much is parking?
        - when_caller_says: nothing
          call:
            look_up:
              other: x
        - when_tool_failed: "yes"
          say: "Failed: {answer}"
        - when_tool_answered: "yes"
          say: "Known: {answer}"
"""


@pytest.fixture
def rules(tmp_path):
    """The documents of the folder."""
    rules = tmp_path / "agents.d" / "rules"
    rules.mkdir(parents=True)
    (rules / "house.md").write_text("# Parking\nThe garage costs 12 euros.\n# Pets\nNo dogs.\n")
    return rules


def answering(status=200, **body):
    """A service that finds something; what it was asked is kept."""
    queries = []

    def answer(request):
        queries.append(request)
        return httpx.Response(status, json=body)

    return answer, queries


def keys():
    """Where the secret of the service is."""
    return Secrets({"SEARCH_TOKEN": "tok-secret-1"})


@pytest.mark.usefixtures("rules")
@pytest.mark.proves(
    "KnowledgeTool.knowledge", "KnowledgeTool.then", "KnowledgeTool.if", "KnowledgeTool.description"
)
async def test_documents_and_services_are_asked_together(begin):
    """The model sees what both know; its question and variables stand in the request."""
    service, queries = answering(documents=[{"text": "Garages are in Mill Street."}])
    talk = await begin(FOLDER, service=service, tool_secrets=keys())
    agent = talk.conversation.session.current_agent
    (offered,) = agent.makeup.toolbox.offered(agent.plan, agent.tools)
    schema = offered.info.raw_schema
    assert schema["description"] == "Find what stands in the rules of Lotus."
    assert list(schema["parameters"]["properties"]) == ["query"]
    assert schema["parameters"]["required"] == ["query"]

    events = await talk.say("park")

    (output,) = events.outputs
    assert output == ('## Parking\nThe garage costs 12 euros.\n\n["Garages are in Mill Street."]')
    (request,) = queries
    assert str(request.url) == "https://search.example/v1/search"
    assert json.loads(request.content) == {"text": "How much is parking?", "house": "Lotus"}
    assert request.headers["authorization"] == "Bearer tok-secret-1"
    assert agent.makeup.toolbox.offered(agent.plan, agent.tools) == []


@pytest.mark.usefixtures("rules")
@pytest.mark.proves("KnowledgeTool.parameters")
async def test_a_question_must_be_given(begin):
    """Without a query nothing is asked, and the model is told what is missing."""
    service, queries = answering()
    talk = await begin(FOLDER, service=service, tool_secrets=keys())
    events = await talk.say("nothing")
    assert events.failed == [True]
    assert "query" in events.outputs[0]
    assert queries == []


@pytest.mark.usefixtures("rules")
async def test_one_that_fails_does_not_hide_what_the_other_knows(begin):
    """What documents say is given, with a word that not all could be asked."""
    service, _ = answering(503)
    talk = await begin(FOLDER, service=service, tool_secrets=keys())
    events = await talk.say("park")
    assert events.failed == [False]
    assert events.outputs[0].startswith("## Parking\nThe garage costs 12 euros.")
    assert events.outputs[0].endswith("(A part of what is known could not be asked.)")


ONLY_A_SERVICE = FOLDER.replace("      - rules\n", "").replace("  rules:\n    files: rules\n", "")
ONLY_A_SERVICE = ONLY_A_SERVICE.replace("    results: 1\n", "")


@pytest.mark.proves("KnowledgeTool.on_error")
async def test_what_is_done_when_nothing_can_be_asked(begin):
    """The tool's on_error is told to the model, with the status."""
    service, _ = answering(503)
    talk = await begin(ONLY_A_SERVICE, service=service, tool_secrets=keys())
    events = await talk.say("park")
    assert events.failed == [True]
    assert "it was 503" in events.outputs[0]


@pytest.mark.parametrize("owner", ["catalogue", "search"])
async def test_knowledge_and_its_service_have_an_on_error_too(begin, owner):
    """It holds for tools that have none of their own; knowledge comes before its service."""
    own = "    on_error: Say that it is not known now, it was {{ error.status }}.\n"
    folder = ONLY_A_SERVICE.replace(own, "")
    late = "    on_error: Say that the search is down, {{ error.status }}.\n"
    folder = folder.replace(
        "    url: https://search.example/v1\n", f"    url: https://search.example/v1\n{late}"
    )
    if owner == "catalogue":
        nearer = late.replace("search is", "catalogue is")
        folder = folder.replace("    max_size: 1KB\n", f"    max_size: 1KB\n{nearer}")
    service, _ = answering(503)
    talk = await begin(folder, service=service, tool_secrets=keys())
    events = await talk.say("park")
    assert f"Say that the {owner} is down, 503" in events.outputs[0]


async def test_a_service_that_finds_nothing_says_so(begin):
    """An empty list is no riddle for the model."""
    service, _ = answering(documents=[])
    talk = await begin(ONLY_A_SERVICE, service=service, tool_secrets=keys())
    events = await talk.say("park")
    assert events.outputs == ["Nothing about this was found."]


@pytest.mark.usefixtures("rules")
async def test_a_fixed_variable_does_not_stand_in_the_way_of_the_question(begin):
    """In knowledge `query` is what the model asks for, whatever variables there are."""
    folder = FOLDER.replace("      house: Lotus\n", "      house: Lotus\n      query: fixed\n")
    service, queries = answering(documents=[{"text": "x"}])
    talk = await begin(folder, service=service, tool_secrets=keys())
    await talk.say("park")
    assert json.loads(queries[0].content)["text"] == "How much is parking?"


async def test_documents_are_no_templates(begin, rules):
    """What looks like one in a document stays as it is."""
    (rules / "house.md").write_text("# Parking\nCosts {{ 6 * 2 }} at {{ secrets.SEARCH_TOKEN }}.\n")
    service, _ = answering(documents=[])
    talk = await begin(FOLDER, service=service, tool_secrets=keys())
    events = await talk.say("park")
    assert "Costs {{ 6 * 2 }} at {{ secrets.SEARCH_TOKEN }}." in events.outputs[0]
