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
