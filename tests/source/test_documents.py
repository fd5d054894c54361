"""Documents of a folder, as knowledge names them."""

from __future__ import annotations

import os

import pytest

from runner.source import Request, TextProblem, read_texts
from runner.source.documents import LARGEST, LARGEST_ALL, MOST


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "agents.d"
    (folder / "house" / "rooms").mkdir(parents=True)
    (folder / "house" / "rules.md").write_text("# Rules\r\nNone.")
    (folder / "house" / "rooms" / "LIST.TXT").write_text("Twelve.")
    (tmp_path / "outside.md").write_text("secret")
    return folder


def one(root, name, file="a.yaml"):
    (answer,) = read_texts(root, [Request(file, name, documents=True)])
    return answer


def test_a_folder_is_all_of_its_documents(root):
    """Those of folders below it too, by their paths; what begins with . or _ is left out."""
    for name in (".hidden.md", "_draft.md", "rooms/.git.txt", "desk.yaml"):
        (root / "house" / name).write_text("not this")
    (root / "house" / "_old").mkdir()
    (root / "house" / "_old" / "rules.md").write_text("not this either")
    document = one(root, "house")
    assert {d.path: d.text for d in document.documents} == {
        "house/rules.md": "# Rules\nNone.",
        "house/rooms/LIST.TXT": "Twelve.",
    }
    assert document.folders == ("house", "house/rooms")
    assert document.left_out == ()


def test_a_file_is_one_document(root):
    """It is looked up from the file that names it."""
    document = one(root, "../house/rules.md", "desk/a.yaml")
    assert [d.path for d in document.documents] == ["house/rules.md"]


def test_the_whole_folder_may_be_named(root):
    """A dot is the folder of the file itself."""
    assert [d.path for d in one(root, ".", "house/a.yaml").documents] == [
        "house/rules.md",
        "house/rooms/LIST.TXT",
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda house: (house / "rules.md").write_text("# Rules\nMany."),
        lambda house: (house / "new.md").write_text("New."),
        lambda house: (house / "rules.md").rename(house / "laws.md"),
        lambda house: (house / "rooms" / "LIST.TXT").unlink(),
        lambda house: (house / "plan.pdf").write_bytes(b"%PDF"),
    ],
)
def test_every_change_changes_the_digest(root, change):
    """Words, a new file, another name, a file that went, and one that cannot be read."""
    before = one(root, "house").digest
    assert one(root, "house").digest == before
    change(root / "house")
    assert one(root, "house").digest != before


def big(root):
    (root / "house" / "big.txt").write_text("x" * (LARGEST + 1))


def much(root):
    for number in range(LARGEST_ALL // LARGEST + 1):
        (root / "house" / f"{number}.txt").write_text("y" * LARGEST)


def many(root):
    for number in range(MOST + 1):
        (root / "house" / f"{number}.txt").write_text("z")


def latin(root):
    (root / "house" / "menu.txt").write_bytes(b"Caf\xe9 cr\xe8me")


def unseen(root):
    (root / "house" / "menu.txt").write_text("Cof\u200bfee")


def outside(root):
    (root / "house" / "link.md").symlink_to("../../outside.md")


def pipe(root):
    os.mkfifo(root / "house" / "pipe.txt")


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (big, "E002", "'house/big.txt' is larger than 1 MB"),
        (much, "E002", "these documents are larger than 4 MB together"),
        (many, "E002", "these are more than 1000 documents"),
        (latin, "E010", "'house/menu.txt', line 1"),
        (unseen, "E011", "'house/menu.txt', line 1, column 4"),
        (outside, "E004", "'house/link.md' is a link that leads outside"),
        (pipe, "E006", "'house/pipe.txt' is a pipe or a device"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_path(root, make, code, words):
    """One bad document is named; none hangs, and none fills the memory."""
    make(root)
    problem = one(root, "house")
    assert isinstance(problem, TextProblem)
    assert (problem.code, words in problem.message) == (code, True), problem


def test_links_in_a_circle_end(root):
    """A folder that links lead back to is entered once."""
    (root / "house" / "again").symlink_to(".")
    (root / "house" / "rooms" / "up").symlink_to("..")
    assert [d.path for d in one(root, "house").documents] == [
        "house/rules.md",
        "house/rooms/LIST.TXT",
    ]


@pytest.mark.parametrize(
    ("name", "words", "help_"),
    [
        ("hause", "there is no file or folder 'hause'", "did you mean 'house'?"),
        ("house/rule.md", "there is no file or folder 'house/rule.md'", "'house/rules.md'"),
        ("a.pdf", "'a.pdf' is not a .md or .txt file", "save it as text"),
        ("plans", "there is no .md or .txt file in 'plans'", "plans/floor.dwg"),
        ("bare", "there is no .md or .txt file in 'bare'", "put .md or .txt files into it"),
        ("blank.md", "'blank.md' is empty", "what callers ask for"),
        ("", "this is not the name of a file", "knowledge/house.md"),
        ("https://hotel.example/rules", "is an address", "save what is there in a file"),
    ],
)
def test_a_name_that_means_nothing_is_told(root, name, words, help_):
    """What is wrong, and what to do."""
    (root / "a.pdf").write_bytes(b"%PDF")
    (root / "plans").mkdir()
    (root / "plans" / "floor.dwg").write_bytes(b"x")
    (root / "bare").mkdir()
    (root / "blank.md").write_text(" \n")
    problem = one(root, name)
    assert isinstance(problem, TextProblem)
    assert words in problem.message
    assert help_ in (problem.help or "")


def test_a_path_from_the_root_is_told(root):
    """Paths begin at the file that names them, folders too."""
    (root / "desk").mkdir()
    problem = one(root, "house", "desk/a.yaml")
    assert problem.message == "there is no folder 'house' beside this file"
    assert problem.help == "a path begins at the file that names it: write ../house"
