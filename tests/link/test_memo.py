"""What is linked again after an edit, and what is not."""

from __future__ import annotations

import pytest

from runner.cache import Cache
from runner.compiler import Compiler

AGENT = """\
agents:
  desk{n}:
    start: host{n}
    mode: text
    llm: openai/x
personas:
  host{n}:
    instructions_file: {n}.md
"""


@pytest.fixture
def folder(tmp_path):
    for n in "12":
        (tmp_path / f"{n}.yaml").write_text(AGENT.replace("{n}", n))
        (tmp_path / f"{n}.md").write_text("Be kind.")
    return tmp_path


@pytest.fixture
def compiler(folder, tmp_path_factory):
    return Compiler(folder, env={}, cache=Cache(tmp_path_factory.mktemp("cache")))


def kept(compiler):
    """Compile twice with nothing between, or what `edit` did; which agents stayed the same."""
    before = {s.name: s for s in compiler.compile().scopes}

    def after():
        return {s.name for s in compiler.compile().scopes if before.get(s.name) is s}

    return after


def test_nothing_is_linked_again_without_an_edit(compiler):
    """Compiling an unchanged folder gives the same linked agents."""
    after = kept(compiler)
    assert after() == {"desk1", "desk2"}


@pytest.mark.parametrize("file", ["1.md", "1.yaml"])
def test_an_edit_links_only_the_agent_that_it_touches(compiler, folder, file):
    """After an edit of a file or of its prompt the other agent is as it was."""
    after = kept(compiler)
    (folder / file).write_text((folder / file).read_text() + " \n")
    assert after() == {"desk2"}


def test_an_agent_with_a_mistake_is_linked_each_time(compiler, folder):
    """What is wrong is found again, not remembered."""
    (folder / "1.md").write_text("{{ nobody }}")
    after = kept(compiler)
    assert after() == {"desk2"}


def test_nothing_is_forgotten_while_a_file_cannot_be_read(compiler, folder):
    """A file that is broken for a moment does not cost the memory of the others."""
    after = kept(compiler)
    (folder / "1.yaml").write_text("agents:\n  x: y: z\n")
    after()
    (folder / "1.yaml").write_text(AGENT.replace("{n}", "1"))
    assert "desk2" in after()


HANDOFF = "    handoffs:\n      host{n}:\n        when: asked\n"
OTHER = "personas:\n  host3:\n    instructions: Be kind.\n" + HANDOFF.replace("{n}", "1")
ANOTHER = AGENT.replace("{n}", "1").replace("    mode", "    reload: next_turn\n    mode")


@pytest.mark.parametrize(("file", "edited"), [("3", OTHER), ("1", ANOTHER)], ids=["new", "other"])
def test_who_points_to_what_differs_is_linked_again(compiler, folder, file, edited):
    """A name that comes to mean something, something else, or nothing again is seen by its user."""
    path = folder / f"{file}.yaml"
    before = path.read_text() if path.exists() else None
    with (folder / "2.yaml").open("a") as desk:
        desk.write(HANDOFF.replace("{n}", file))
    first = compiler.compile()
    path.write_text(edited)
    second = compiler.compile()
    assert not second.diagnostics
    assert {f"host{file}", "host2"} <= set(second.scopes[-1].personas)
    path.unlink() if before is None else path.write_text(before)
    third, anew = compiler.compile(), Compiler(folder, env={}, cache=compiler.cache).compile()
    assert third.diagnostics == anew.diagnostics == first.diagnostics
    assert third.release == anew.release == first.release != second.release
