"""Lines of files as their authors count them."""

from __future__ import annotations

from runner.diagnostics.lines import Lines

DATA = {
    "unix": b"a\nb",
    "windows": b"a\r\nb\r\n",
    "mac": b"a\rb",
    "utf-16": "a\nb".encode("utf-16"),
    "marked": b"\xef\xbb\xbfa\nb",
    "latin": b"caf\xe9\nb",
}


def test_lines_end_as_an_editor_ends_them():
    """Line ends of every system and texts of other encodings are what their author sees."""
    lines = Lines(DATA)
    assert lines["unix"] == lines["mac"] == lines["utf-16"] == lines["marked"] == ["a", "b"]
    assert lines["windows"] == ["a", "b", ""]
    assert lines["latin"] == ["caf\u00e9", "b"]


def test_a_decoded_file_is_added():
    """A prompt that was decoded already is one of the files; an unknown file is none."""
    lines = Lines(DATA)
    lines.add("prompt.md", "x\ny")
    assert lines["prompt.md"] == ["x", "y"]
    assert set(lines) == {*DATA, "prompt.md"}
    assert len(lines) == len(DATA) + 1
    assert "other" not in lines
