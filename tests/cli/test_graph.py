"""`lkrun graph`: the picture of personas and handoffs."""

from __future__ import annotations

import pytest
from picture.test_picture import SVG, parsed
from support.terminal import ROOT, Terminal


def test_a_pipe_gets_mermaid(lkrun):
    """Scripts that take what stands there without an option go on to get it."""
    assert lkrun("graph").stdout == lkrun("graph", "--format", "mermaid").stdout
    assert lkrun("graph").stdout.startswith("flowchart LR\n")


def test_each_form_can_be_asked_for(lkrun):
    """SVG is one document; text has no hint in it; another form is wrong use."""
    root = parsed(lkrun("graph", "--format", "svg").stdout)
    assert root.tag == f"{SVG}svg"
    text = lkrun("graph", "--format", "text").stdout
    assert "[receptionist]  (a call begins here)" in text
    assert "--format" not in text
    assert lkrun("graph", "--format", "png").returncode == 2


@pytest.mark.parametrize("where", [[], ["./agents.d"], ["examples/pizza"]])
def test_a_person_gets_no_code_on_a_terminal(tmp_path, where):
    """A terminal shows the plain picture, and one line says how to get one to look at."""
    env = {"NO_COLOR": "1", "LKRUN_CACHE_DIR": str(tmp_path)}
    terminal = Terminal("graph", *where, env=env, columns=120)
    assert terminal.ends() == 0
    lines = terminal.text.splitlines()
    named = " examples/pizza" if where == ["examples/pizza"] else ""
    assert lines[-1] == f"as a picture: lkrun graph{named} --format svg > graph.svg"
    assert "  (a call begins here)" in terminal.text
    assert "flowchart" not in terminal.text
    terminal.close()


@pytest.mark.parametrize("form", ["mermaid", "svg", "text"])
def test_mistakes_do_not_get_into_the_picture(lkrun, folder, form):
    """Who writes the picture to a file sees on the terminal why there is none."""
    (folder / "a.yaml").write_text("agents:\n  desk:\n    strat: host\n")
    done = lkrun("graph", folder, "--format", form)
    assert (done.returncode, done.stdout) == (1, "")
    assert "did you mean 'start'?" in done.stderr


def test_the_picture_of_the_readme_is_that_of_the_demonstration(lkrun):
    """It is written anew by `lkrun graph agents.d --format svg > docs/graph.svg`."""
    kept = (ROOT / "docs" / "graph.svg").read_text(encoding="utf-8")
    assert lkrun("graph", "agents.d", "--format", "svg").stdout == kept


EXTERNAL = """
external_agents:
  guide:
    webhook_url: https://agents.example/livekit
    secret: "{{ secrets.GUIDE }}"
    also: ear
  ear:
    webhook_url: https://ears.example/livekit
    secret: "{{ secrets.GUIDE }}"
"""


def test_external_agents_are_drawn(lkrun, folder):
    """As programs of their own, with who gets their calls besides; where nothing else is, too."""
    (folder / "a.yaml").write_text(EXTERNAL)
    text = lkrun("graph", folder, "--format", "text").stdout
    assert "guide  (a program of its own)\n  [guide]  (a call begins here)" in text
    assert "──▶ ear  at the same time" in text
    mermaid = lkrun("graph", folder, "--format", "mermaid").stdout
    assert 'subgraph guide["guide (a program of its own)"]' in mermaid
    assert 'guide__guide -->|"at the same time"| guide__ear' in mermaid
    svg = lkrun("graph", folder, "--format", "svg").stdout
    assert "guide (a program of its own)" in svg
    parsed(svg)
