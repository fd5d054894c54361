"""Whole releases compared: whatever changes is told, in words, once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support import golden
from support.mutations import mutations

from runner.cache import Cache
from runner.diff import NOTHING, Side, diff, document, text

AGENTS = Path(__file__).parents[2] / "agents.d"
REPR = re.compile(
    r"\bNone\b|\bTrue\b|\bFalse\b|\(\)|\[\]|(?<!\{)\{\}|\('|\['|Sent\(|=\[|not nothing|<\w+ "
)
"""What Python writes and people do not."""

QUOTED = re.compile("\u201c[^\u201d]*\u201d")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The demonstration and the good folders."""
    everything = tmp_path_factory.mktemp("everything")
    for case in ("agent-with-everything.yaml", "fields-of-every-type.yaml"):
        path = everything / case / case
        path.parent.mkdir()
        path.write_text((golden.GOOD / case).read_text(encoding="utf-8"), encoding="utf-8")
    folders = [AGENTS, *sorted(golden.GOOD.iterdir()), *sorted(everything.iterdir())]
    return [folder for folder in folders if folder.is_dir()]


@pytest.fixture(scope="module")
def releases(folders, tmp_path_factory):
    """Their releases."""
    cache = Cache(tmp_path_factory.mktemp("cache"))
    return [golden.compiled(folder, cache).release for folder in folders]


def test_a_release_does_not_differ_from_itself(releases, folders, tmp_path):
    """Compared with itself, and with what the same files become again, nothing is told."""
    for release, folder in zip(releases, folders, strict=True):
        again = golden.compiled(folder, Cache(tmp_path)).release
        assert diff(Side(release), Side(release)) == ()
        assert diff(Side(release), Side(again)) == ()
    assert text(()) == NOTHING
    assert json.loads(document(())) == []


def test_every_change_is_told_with_its_owner(releases):
    """Each value that is changed alone gives a sentence that names who owns it, both ways."""
    count = 0
    for release in releases:
        for owner, path, other in mutations(release):
            for old, new in ((release, other), (other, release)):
                changes = diff(Side(old), Side(new))
                sentences = [c.sentence for c in changes]
                assert any(owner in sentence for sentence in sentences), (path, sentences)
                for sentence in sentences:
                    assert not REPR.search(QUOTED.sub("", sentence)), (path, sentence)
                    assert "\n" not in sentence
                json.loads(document(changes))
            count += 1
    assert count > 500


def test_the_language_s_own_defaults_are_no_change(compile_files):
    """A key that is written with the value that it has anyway changes nothing."""
    plain = SMALL.format(name="desk")
    written = (
        plain + "    limits:\n      max_tool_steps: 4\n    turn_taking:\n      adapt_delay: no\n"
    )
    assert not diff(compile_files({"a.yaml": plain}), compile_files({"a.yaml": written}))


SMALL = """\
personas:
  host:
    greeting:
      say: Hello.
    instructions: Be kind.
agents:
  {name}:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
"""


def test_what_json_has_no_value_for_is_written_as_in_yaml(compile_files):
    """Times of a day, dates and rates: of an agent that is new, and of a key that changes."""
    hours = "    hours:\n      monday: {span}\n      closed_on:\n        - 2026-12-25\n"
    plain, with_hours, later = (
        compile_files({"a.yaml": SMALL.format(name="desk") + more})
        for more in ("", hours.format(span="08:00-12:00"), hours.format(span="09:00-12:00"))
    )
    other = compile_files({"a.yaml": SMALL.format(name="shop")})
    for old, new in [(plain, with_hours), (with_hours, later), (other, with_hours)]:
        rows = json.loads(document(diff(old, new)))
        assert "09:00-12:00" in str(rows) or "08:00-12:00" in str(rows)
    assert "2026-12-25" in document(diff(other, with_hours))


def test_agents_that_come_and_go(compile_files):
    """Agents that are gone, new, switched off and on are told first, and one line each."""
    one, other = (compile_files({"a.yaml": SMALL.format(name=n)}) for n in ("desk", "shop"))
    both = SMALL.format(name="desk") + SMALL.format(name="shop").partition("agents:\n")[2]
    off = compile_files({"a.yaml": both + "    enabled: no\n"})
    on = compile_files({"a.yaml": both})
    assert [(c.path, c.kind, c.sentence) for c in diff(one, other)] == [
        ("agents.desk", "removed", "desk is gone"),
        (
            "agents.shop",
            "added",
            "shop is new: calls are answered by host, who says \u201cHello.\u201d",
        ),
    ]
    assert [(c.path, c.before, c.after, c.sentence) for c in diff(on, off)] == [
        ("agents.shop.enabled", True, False, "shop is no longer served")
    ]
    assert [c.sentence for c in diff(off, on)] == ["shop is served again"]
    assert not diff(off, one)


def test_what_agents_share_is_told_once(compile_files):
    """A change of a shared persona is one change, that names all agents that it touches."""
    both = SMALL.format(name="desk") + SMALL.format(name="shop").partition("agents:\n")[2]
    changes = diff(
        compile_files({"a.yaml": both}),
        compile_files({"a.yaml": both.replace("Hello.", "Welcome.")}),
    )
    assert [(c.agents, c.sentence) for c in changes] == [
        (
            ("desk", "shop"),
            "callers of desk and shop hear a new greeting from host: \u201cWelcome.\u201d",
        )
    ]
    assert text(changes, bold="<", off=">").splitlines()[0] == "<desk and shop>"
