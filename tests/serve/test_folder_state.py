"""How the folder stands, as the page tells its owner."""

from __future__ import annotations

from runner.diagnostics import Diagnostic, Span
from runner.diff import Change
from runner.serve.reload.folder_state import FolderState
from runner.serve.reload.reloader import ReloadResult

MISTAKE = Diagnostic(Span("a.yaml", 3, 5, 3, 9), "E101", "unknown key 'x'")
WARNING = Diagnostic(Span("a.yaml", 1, 1, 1, 2), "W201", "nothing uses tool 'y'")


def test_a_folder_that_breaks_and_is_mended():
    """Mistakes are told while the files are not served; warnings are not mistakes."""
    folder = FolderState((), broken=False)
    folder.hear(ReloadResult("rejected", "r-1", (WARNING, MISTAKE)))
    data = folder.to_data()
    assert (data["broken"], [d["line"] for d in data["diagnostics"]]) == (True, [3])
    assert (data["changed"], data["changes"]) == (None, [])
    folder.hear(ReloadResult("unchanged", "r-1", (WARNING,)))
    data = folder.to_data()
    assert (data["broken"], data["diagnostics"]) == (False, [])


def test_a_change_is_told_in_words():
    """Each sentence once, with the release that has it; a broken folder leaves it standing."""
    changes = tuple(Change(p, "changed", "a", "b", "the greeting changed") for p in ("x", "y"))
    folder = FolderState((), broken=False)
    folder.hear(ReloadResult("ok", "r-2", changes=changes))
    folder.hear(ReloadResult("rejected", "r-2", (MISTAKE,)))
    data = folder.to_data()
    assert (data["release"], data["changes"]) == ("r-2", ["the greeting changed"])
    assert data["changed"].endswith("Z")
    assert data["broken"]


def test_going_back_says_nothing_of_the_files():
    """Files with mistakes still have them when another release is served in their place."""
    folder = FolderState([MISTAKE], broken=True)
    folder.hear(ReloadResult("ok", "r-0", rolled=True))
    assert folder.to_data()["broken"]
    assert folder.to_data()["release"] == "r-0"
