"""The files that keys name."""

from __future__ import annotations

import hashlib
import os

import pytest

from runner.source import Request, TextFile, TextProblem, read_attached, read_texts


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "agents.d"
    (folder / "prompts").mkdir(parents=True)
    (folder / "sub").mkdir()
    (folder / "prompts/desk.md").write_bytes(b"\xef\xbb\xbfBe kind.\r\nBe brief.\r")
    (tmp_path / "outside.md").write_text("secret")
    return folder


def one(root, name, file="a.yaml"):
    (answer,) = read_texts(root, [Request(file, name)])
    return answer


def test_a_text_comes_clean_with_its_path_and_digest(root):
    """Line breaks are made one kind, and the byte order mark goes."""
    data = (root / "prompts/desk.md").read_bytes()

    assert one(root, "prompts/desk.md") == TextFile(
        "prompts/desk.md", "Be kind.\nBe brief.\n", hashlib.sha256(data).hexdigest()
    )


def test_a_name_is_looked_up_from_the_file_that_names_it(root):
    """Answers stand in the order of the requests, and the same file may be asked for twice."""
    first, second = read_texts(
        root,
        [Request("sub/b.yaml", "../prompts/desk.md"), Request("prompts/c.yaml", "./desk.md")],
    )

    assert isinstance(first, TextFile)
    assert first == second


PROBLEMS = {
    "../outside.md": ("E004", "'../outside.md' lies outside the configuration folder"),
    "x/../../outside.md": ("E004", "'x/../../outside.md' lies outside the configuration folder"),
    "/etc/passwd": ("E004", "'/etc/passwd' lies outside the configuration folder"),
    "C:\\x.md": ("E004", "'C:\\x.md' lies outside the configuration folder"),
    "~/x.md": ("E004", "'~/x.md' lies outside the configuration folder"),
    "out.md": ("E004", "'out.md' is a link that leads outside the configuration folder"),
    "prompts": ("E006", "'prompts' is a folder, not a file"),
    "pipe": ("E006", "'pipe' is a pipe or a device, not a file"),
    "loop.md": ("E003", "'loop.md' is a link that leads in a circle"),
    "": ("E007", "this is not the name of a file"),
    "a\0b": ("E007", "this is not the name of a file"),
    "gone.md": ("E007", "there is no file 'gone.md'"),
    "broken.md": ("E007", "there is no file 'broken.md'"),
    "big.md": ("E002", "'big.md' is larger than 256 KB"),
    "latin.md": (
        "E010",
        (
            "'latin.md', line 2, column 5: this character is not UTF-8 (byte 0xE9); "
            "the file is probably saved as Windows-1252 (Latin-1), where it is 'é'"
        ),
    ),
    "unseen.md": (
        "E011",
        (
            "'unseen.md', line 2, column 1: "
            "there is a character here that cannot be seen: bell character (U+0007)"
        ),
    ),
    "prompts/desk.md/x": (
        "E007",
        "there is no file 'prompts/desk.md/x', because there is no folder 'desk.md'",
    ),
    "n" * 300: ("E001", f"'{'n' * 59}\u2026' cannot be read: its path is too long"),
}


@pytest.mark.parametrize("name", PROBLEMS, ids=lambda name: name[:20] or "empty")
def test_what_cannot_be_read_says_why(tmp_path, root, name):
    """Nothing outside is read, nothing hangs, and each problem names the file as written."""
    (root / "out.md").symlink_to(tmp_path / "outside.md")
    (root / "loop.md").symlink_to("loop.md")
    (root / "broken.md").symlink_to("nowhere.md")
    os.mkfifo(root / "pipe")
    (root / "big.md").write_bytes(b"x" * (256 * 1024 + 1))
    (root / "latin.md").write_bytes("ok\nbad é".encode("cp1252"))
    (root / "unseen.md").write_text("ok\n\x07")

    answer = one(root, name)

    assert isinstance(answer, TextProblem)
    assert (answer.code, answer.message) == PROBLEMS[name]


@pytest.mark.parametrize(
    ("name", "help_"),
    [
        ("prompts/dest.md", "did you mean 'prompts/desk.md'?"),
        ("promts/desk.md", "did you mean 'prompts/desk.md'?"),
        ("prompts/quite_else.txt", "there are: desk.md"),
    ],
)
def test_a_missing_file_is_told_with_the_nearest(root, name, help_):
    """Folders are guessed as well as files."""
    assert one(root, name).help == help_


def test_an_attached_file_may_be_of_any_kind(root):
    """Only its path is known when the folder is loaded; its bytes are read when they are needed."""
    (root / "form.pdf").write_bytes(b"%PDF\xff\0")
    (answer,) = read_texts(root, [Request("sub/b.yaml", "../form.pdf", attached=True)])
    assert (answer.path, answer.text) == ("form.pdf", "")
    assert read_attached(root, "form.pdf") == b"%PDF\xff\0"


@pytest.mark.parametrize(
    ("name", "code"),
    [("gone.pdf", "E007"), ("../outside.md", "E004"), ("prompts", "E006"), ("large.bin", "E002")],
)
def test_an_attached_file_that_is_none(root, name, code):
    """It is told when the folder is loaded, and again when it is to be read."""
    (root / "large.bin").write_bytes(b"x" * (5 * 1024 * 1024 + 1))
    (answer,) = read_texts(root, [Request("a.yaml", name, attached=True)])
    assert (type(answer), answer.code) == (TextProblem, code)
    if not name.startswith(".."):
        assert read_attached(root, name).code == code


def test_an_attached_file_that_became_a_link(root):
    """A link that leads outside is not followed either when the file is read later."""
    (root / "form.pdf").symlink_to("../outside.md")
    assert read_attached(root, "form.pdf").code == "E004"
