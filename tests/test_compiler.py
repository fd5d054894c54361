"""A folder to a Release or every mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.cache import Cache
from runner.checked import check
from runner.compiler import Compiler
from runner.link import AgentRelease
from runner.schema.file import File

ROOT = Path(__file__).parents[1]

MINIMAL = """\
agents:
  desk:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
personas:
  host:
    instructions: You answer the phone.
"""


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "agents.d"
    path.mkdir()
    return path


def compiled(folder, cache, **files):
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return Compiler(folder, env={}, cache=cache).compile()


def test_a_good_folder_becomes_a_release(folder, cache):
    """A folder without mistakes has a release with its agents, and no diagnostics."""
    result = compiled(folder, cache, desk=MINIMAL)
    assert result.diagnostics == ()
    assert list(result.release.agents) == ["desk"]
    assert result.files == 1


def test_the_id_follows_the_content(folder, cache):
    """The same content has the same id, another content another one, a comment changes nothing."""
    first = compiled(folder, cache, desk=MINIMAL).release.id
    assert compiled(folder, cache, desk=MINIMAL).release.id == first
    assert compiled(folder, cache, desk=MINIMAL + "# a comment\n").release.id == first
    assert compiled(folder, cache, desk=MINIMAL.replace("phone", "door")).release.id != first
    assert len(first) == 12


def test_an_agent_release_survives_its_file(cache):
    """What is stored and read again is the same, with the roles of its texts."""
    release = Compiler(ROOT / "agents.d", cache=cache).compile().release
    for agent in release.agents.values():
        again = AgentRelease.from_json(agent.to_json())
        assert again.to_json() == agent.to_json()
        assert again.agent == agent.agent
        assert type(again.personas["receptionist"].greeting.say[0]) is type(
            agent.personas["receptionist"].greeting.say[0]
        )


def test_a_disabled_agent_is_checked_but_not_released(folder, cache):
    """`enabled: no` keeps an agent out of the release."""
    off = MINIMAL.replace("    mode: text\n", "    mode: text\n    enabled: no\n")
    result = compiled(folder, cache, desk=off)
    assert result.release is not None
    assert result.release.agents == {}


def test_one_broken_file_hides_no_mistake_of_another(folder, cache):
    """Each file's mistakes are told, and names of a broken file are not called unknown."""
    broken = "personas:\n  host:\n    instructions: hello: world\n  guest:\n   greting: x\n"
    result = compiled(
        folder, cache, a=broken, b=MINIMAL.partition("personas")[0] + "tools:\n  x:\n    sya: hi\n"
    )
    codes = {(d.span.file, d.code) for d in result.diagnostics}
    assert ("a.yaml", "E015") in codes
    assert ("b.yaml", "E101") in codes
    assert not {code for _, code in codes} & {"E202"}


def test_the_environment_may_stand_in_settings(folder, cache):
    """A setting reads the environment when the folder is loaded."""
    (folder / "a.yaml").write_text(
        MINIMAL.replace(
            "    mode: text\n",
            '    mode: text\n    limits:\n      max_calls: "{{ env.MAX or 3 }}"\n',
        )
    )
    assert (
        Compiler(folder, env={"MAX": "7"}, cache=cache)
        .compile()
        .release.agents["desk"]
        .agent.limits.max_calls
        == 7
    )
    assert (
        Compiler(folder, env={}, cache=cache)
        .compile()
        .release.agents["desk"]
        .agent.limits.max_calls
        == 3
    )


SHARED = """\
agents:
  a:
    start: host
    mode: text
    llm: openai/x
    variables:
      patience: 2s
  b:
    start: host
    mode: text
    llm: openai/x
    variables:
      patience: {other}
personas:
  host:
    instructions: x
    tools:
      - ask
tools:
  ask:
    description: x
    http:
      url: https://x.example/
      timeout: "{{{{ patience }}}}"
"""


def test_a_shared_tool_takes_settings_from_each_agent(folder, cache):
    """A setting of a shared tool that uses a fixed variable has each agent's own value."""
    result = compiled(folder, cache, a=SHARED.format(other="7s"))
    assert result.diagnostics == ()
    timeouts = {n: a.tools["ask"].http.timeout for n, a in result.release.agents.items()}
    assert timeouts == {"a": 2.0, "b": 7.0}


def test_a_shared_setting_that_fails_for_one_agent_names_it(folder, cache):
    """What is wrong for one of the agents that share a definition names that agent."""
    (mistake,) = compiled(folder, cache, a=SHARED.format(other="long")).diagnostics
    assert (mistake.code, mistake.message) == (
        "E108",
        "'long' is not a duration (for agent 'b')",
    )


def test_a_check_is_recalled_only_while_nothing_changed(folder, cache, monkeypatch):
    """The second check of the same files tells the same; a changed prompt is seen."""
    monkeypatch.delenv("GREETING", raising=False)
    prompt = folder / "host.md"
    prompt.write_text("You answer. {{ env.GREETING or 'Hi' }} {{ now }}")
    (folder / "a.yaml").write_text(
        MINIMAL.replace("instructions: You answer the phone.", "instructions_file: host.md")
    )
    assert check(folder, cache).diagnostics == check(folder, cache).diagnostics == ()
    prompt.write_text("You answer. {{ nobody }}")
    assert [d.code for d in check(folder, cache).diagnostics] == ["E302"]
    again = check(folder, cache)
    assert [(d.code, d.span.file, d.span.line) for d in again.diagnostics] == [
        ("E302", "host.md", 1)
    ]
    assert again.lines["host.md"] == ["You answer. {{ nobody }}"]


def test_secrets_are_told_with_their_places(folder, cache):
    """Each secret is listed with every place that needs it, also when the check is recalled."""
    text = MINIMAL.replace("llm: openai/gpt-4.1-mini", "llm: brain") + (
        'providers:\n  brain:\n    llm: script\n    with:\n      otherwise: "{{ secrets.WORDS }}"\n'
    )
    (folder / "a.yaml").write_text(text)
    for _ in range(2):
        assert {
            n: [s.line for s in spans] for n, spans in check(folder, cache).secrets.items()
        } == {"WORDS": [13]}


KEYS = sorted(
    {*File.keys()}
    | {"start", "llm", "say", "http", "url", "tools", "handoffs", "when", "if", "then"}
    | {"instructions", "variables", "type", "of", "desk", "host"}
)
VALUES = [
    "host",
    "desk",
    "yes",
    "no",
    "3s",
    "12",
    "{{ x }}",
    "{{ secrets.A }}",
    "{{ env.B }}",
    "a: b",
    "",
    "x >= 3",
    "openai/x",
    "{{ (",
    "[1",
    "back",
    "\u202e",
    "a" * 300,
]
TREES = st.recursive(
    st.sampled_from(VALUES) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=25,
)


def written(tree, indent=0):
    """Any tree as block YAML, values unquoted as a person would leave them."""
    pad = "  " * indent
    if isinstance(tree, dict):
        return "".join(
            f"{pad}{k}:" + (f" {v}\n" if isinstance(v, str) else "\n" + written(v, indent + 1))
            for k, v in tree.items()
        )
    if isinstance(tree, list):
        return "".join(
            f"{pad}- {v}\n" if isinstance(v, str) else f"{pad}-\n" + written(v, indent + 1)
            for v in tree
        )
    return f"{pad}{tree}\n"


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(TREES)
def test_no_tree_crashes_the_compiler(folder, cache, tree):
    """Whatever stands in a file, the compiler says something about it and never raises."""
    (folder / "a.yaml").write_text(written(tree), encoding="utf-8", errors="surrogatepass")
    result = Compiler(folder, env={}, cache=cache).compile()
    assert (result.release is None) == any(d.severity == "error" for d in result.diagnostics)
    assert all(d.span.line >= 1 and d.span.column >= 1 for d in result.diagnostics)


def test_an_edit_is_linked_with_all_that_did_not_change(folder, cache):
    """Compiling again after an edit tells what a compiler that never saw the folder tells."""
    agent = MINIMAL.replace("desk", "desk{n}").replace("host", "host{n}")
    for n in range(3):
        (folder / f"a{n}.yaml").write_text(agent.replace("{n}", str(n)))
    compiler = Compiler(folder, env={}, cache=cache)
    steps = [
        ("a1.yaml", agent.replace("{n}", "1").replace("phone", "door")),
        ("a1.yaml", agent.replace("{n}", "1").replace("start: host1", "start: host2")),
        ("a2.yaml", agent.replace("{n}", "2").replace("  host2:", "  host3:")),
        ("a2.yaml", agent.replace("{n}", "2").replace("You answer", "You answer {{ nobody }}")),
        ("a0.yaml", "personas:\n  host0:\n    instructions: x: y\n"),
        ("a0.yaml", agent.replace("{n}", "0")),
        ("b.yaml", "personas:\n  host2:\n    instructions: twice\n"),
        ("b.yaml", "personas:\n  host9:\n    instructions: alone\n"),
        ("a2.yaml", agent.replace("{n}", "2")),
    ]
    compiler.compile()
    for name, text in steps:
        (folder / name).write_text(text)
        again, anew = compiler.compile(), Compiler(folder, env={}, cache=cache).compile()
        assert again.diagnostics == anew.diagnostics
        assert (again.release and again.release.id) == (anew.release and anew.release.id)


def test_a_changed_prompt_is_linked_again(folder, cache):
    """A prompt file is part of what an agent depends on."""
    (folder / "a.yaml").write_text(
        MINIMAL.replace("instructions: You answer the phone.", "instructions_file: p.md")
    )
    (folder / "p.md").write_text("Answer.")
    compiler = Compiler(folder, env={}, cache=cache)
    first = compiler.compile().release
    (folder / "p.md").write_text("Answer quickly.")
    assert compiler.compile().release.agents["desk"].prompts == {"host": "Answer quickly."}
    assert compiler.compile().release.id != first.id
    (folder / "p.md").write_text("Answer {{ nobody }}.")
    assert [d.code for d in compiler.compile().diagnostics] == ["E302"]


def test_a_persona_that_waits_for_its_agent_may_have_its_text_in_a_file(folder, cache):
    """Its settings are the agent's, its instructions stand in a file all the same."""
    text = MINIMAL.replace("instructions: You answer the phone.", "instructions_file: p.md")
    voice = "    stt: deepgram/nova-3\n    tts: cartesia/sonic-3\n    variables:\n      wait: 2s\n"
    text = text.replace("    mode: text\n", voice)
    text += '    turn_taking:\n      min_delay: "{{ wait }}"\n'
    (folder / "a.yaml").write_text(text)
    (folder / "p.md").write_text("Answer.")
    compiler = Compiler(folder, env={}, cache=cache)
    release = compiler.compile().release
    assert release.agents["desk"].prompts == {"host": "Answer."}
    assert release.agents["desk"].personas["host"].turn_taking.min_delay == 2
    (folder / "p.md").unlink()
    assert [d.code for d in compiler.compile().diagnostics] == ["E007"]
