"""Which files of a folder are read, and what is said of the others."""

from __future__ import annotations

import hashlib
import os
import socket

import pytest

from runner.source import MAX_SIZE, Scan, fingerprint, scan


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "agents.d"
    folder.mkdir()
    return folder


def diagnostics_of(scanned):
    return [(item.span.file, item.code, item.message) for item in scanned.diagnostics]


def paths(scanned):
    return [file.path for file in scanned.files]


def write(root, path, text="a: 1\n"):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_yaml_files_are_found_at_any_depth_and_sorted(root):
    """Both suffixes count; other files, and names with a leading dot or underscore, do not."""
    for path in (
        "z.yaml",
        "a/b/c.yml",
        "a.yaml",
        "README.md",
        ".git/x.yaml",
        "_old/y.yaml",
        "_z.yaml",
    ):
        write(root, path)

    scanned = scan(root)

    assert paths(scanned) == ["a.yaml", "a/b/c.yml", "z.yaml"]
    assert scanned.diagnostics == ()


def test_a_file_has_its_bytes_and_their_digest(root):
    """The digest is the sha256 of the content."""
    (root / "a.yaml").write_bytes(b"a: \xff")

    (file,) = scan(root).files

    assert file.data == b"a: \xff"
    assert file.digest == hashlib.sha256(b"a: \xff").hexdigest()


def test_a_file_that_is_too_large_is_refused(root):
    """256 KB are read, one byte more is not."""
    (root / "full.yaml").write_bytes(b"#" * MAX_SIZE)
    (root / "over.yaml").write_bytes(b"#" * (MAX_SIZE + 1))

    scanned = scan(root)

    assert paths(scanned) == ["full.yaml"]
    assert diagnostics_of(scanned) == [("over.yaml", "E002", "this file is larger than 256 KB")]


def test_a_mounted_config_map_just_works(tmp_path, root):
    """Kubernetes links files through `..data` into a hidden folder; the root may be a link too."""
    write(root, "..2024_01/desk.yaml")
    (root / "..data").symlink_to("..2024_01")
    (root / "desk.yaml").symlink_to("..data/desk.yaml")
    (tmp_path / "link").symlink_to(root)

    scanned = scan(tmp_path / "link")

    assert paths(scanned) == ["desk.yaml"]
    assert scanned.diagnostics == ()


def test_links_that_lead_nowhere_outside_or_in_a_circle_are_told(tmp_path, root):
    """Each link that cannot be followed is one diagnostic."""
    write(tmp_path, "outside/x.yaml")
    write(root, "sub/in.yaml")
    (root / "broken.yaml").symlink_to("gone.yaml")
    (root / "loop.yaml").symlink_to("loop.yaml")
    (root / "out.yaml").symlink_to(tmp_path / "outside/x.yaml")
    (root / "outside").symlink_to(tmp_path / "outside")
    (root / "sub/up").symlink_to("..")
    (root / "notes").symlink_to("nowhere")

    scanned = scan(root)

    assert paths(scanned) == ["sub/in.yaml"]
    assert diagnostics_of(scanned) == [
        ("broken.yaml", "E003", "this is a link that leads nowhere"),
        ("loop.yaml", "E003", "this is a link that leads in a circle"),
        ("out.yaml", "E004", "this is a link that leads outside the configuration folder"),
        ("outside", "E004", "this is a link that leads outside the configuration folder"),
        ("sub/up", "E003", "this is a link that leads in a circle"),
    ]


def test_a_folder_is_entered_once_however_many_links_lead_to_it(root):
    """Links cannot multiply files."""
    write(root, ".shared/x.yaml")
    for level in range(30):
        folder = root / f".d{level}"
        folder.mkdir()
        target = f"../.d{level + 1}" if level < 29 else "../.shared"
        (folder / "left").symlink_to(target)
        (folder / "right").symlink_to(target)
    (root / "start").symlink_to(".d0")

    assert len(scan(root).files) == 1


def test_names_that_cannot_be_shown_are_escaped(root):
    """A name that is no UTF-8 or holds control characters is told, not read."""
    (root / "bell\x07.yaml").write_text("a: 1")
    (root / "line\n").mkdir()
    with open(os.fsencode(root) + b"/caf\xe9.yaml", "wb"):  # noqa: PTH123 - a name that is no text
        pass

    scanned = scan(root)

    message = "this name holds characters that are not UTF-8 or cannot be seen"
    assert diagnostics_of(scanned) == [
        (r"bell\x07.yaml", "E005", message),
        (r"caf\xe9.yaml", "E005", message),
        (r"line\x0a", "E005", message),
    ]
    assert scanned.files == ()


def test_what_is_no_file_is_told_and_never_opened(root):
    """Folders, pipes and sockets with a YAML name; opening a pipe would wait for ever."""
    (root / "dir.yaml").mkdir()
    os.mkfifo(root / "pipe.yaml")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.fsencode(root) + b"/s.yaml")
        scanned = scan(root)

    assert diagnostics_of(scanned) == [
        ("dir.yaml", "E006", "this is a folder, not a file"),
        ("pipe.yaml", "E006", "this file is a pipe or a device, not a file"),
        ("s.yaml", "E006", "this file is a pipe or a device, not a file"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(root):
    """A file or folder without the right to read it is a diagnostic each."""
    write(root, "a.yaml").chmod(0)
    write(root, "sub/b.yaml")
    (root / "sub").chmod(0)

    scanned = scan(root)
    (root / "sub").chmod(0o700)

    assert [code for _, code, _ in diagnostics_of(scanned)] == ["E001", "E001"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("gone", "there is no such folder"), ("file", "this is not a folder")],
)
def test_a_root_that_is_no_folder_is_told(tmp_path, name, message):
    """It is shown as the file `.`."""
    (tmp_path / "file").write_text("")

    assert diagnostics_of(scan(tmp_path / name)) == [(".", "E001", message)]


def test_a_fingerprint_changes_with_any_file_that_counts(root):
    """Content, new files, named texts and re-pointed links are all seen; other files are not."""
    write(root, "v1/a.yaml")
    write(root, "v2/a.yaml", "a: 22\n")
    (root / ".now").symlink_to("v1")
    (root / "a.yaml").symlink_to(".now/a.yaml")
    seen = [fingerprint(root, ["prompts/x.md"])]

    write(root, "README.md")
    assert fingerprint(root, ["prompts/x.md"]) == seen[0]

    write(root, "prompts/x.md")
    seen.append(fingerprint(root, ["prompts/x.md"]))
    (root / ".now").unlink()
    (root / ".now").symlink_to("v2")
    seen.append(fingerprint(root, ["prompts/x.md"]))
    write(root, "new.yaml")
    seen.append(fingerprint(root, ["prompts/x.md"]))

    assert len(set(seen)) == 4


@pytest.mark.parametrize(
    ("name", "help_"),
    [
        ("DESK.YAML", "rename it to DESK.yaml"),
        ("desk.Yml", "rename it to desk.yml"),
        ("school.yaml.txt", "rename it to school.yaml"),
        ("school.YML.TXT", "rename it to school.yml"),
        ("desk.yaml.txt.txt", "rename it to desk.yaml"),
        ("desk.yaml ", "rename it to desk.yaml"),
        ("desk.yalm", "rename it to desk.yaml"),
        ("desk.yam", "rename it to desk.yaml"),
        ("desk\u3002yaml", "rename it to desk.yaml"),
        ("desk.yaml (1)", "rename it to desk.yaml"),
        ("desk.yml(2)", "rename it to desk.yml"),
        ("desk.yaml (1).txt", "rename it to desk.yaml"),
        ("desk.y\u0430ml", "rename it to desk.yaml"),
        (
            "\u0441\u0442\u043e\u043b.\u0443\u0430\u043cl",
            "rename it to \u0441\u0442\u043e\u043b.yaml",
        ),
        ("desk.\uff39\uff21\uff2d\uff2c", "rename it to desk.yaml"),
        ("\uff44esk\uff0eyaml", "rename it to desk.yaml"),
        ("desk.yaml.docx", "save it as plain text, under the name desk.yaml"),
        ("desk.yaml.html", "save it as plain text, under the name desk.yaml"),
    ],
)
def test_a_file_that_is_not_read_for_its_name_is_told(tmp_path, name, help_):
    """A name that was probably meant to end in .yaml or .yml is a warning with the right name."""
    (tmp_path / name).write_text("tools:\n")
    (scanned,) = scan(tmp_path).diagnostics
    assert (scanned.code, scanned.span.file, scanned.help) == ("W002", name, help_)


@pytest.mark.parametrize(
    "name",
    ["desk.yaml.bak", "desk.yaml~", "desk.yaml.off", "desk.yaml.orig", "desk.yaml.2026",
     "notes.txt", "yaml", "yaml.txt", ".desk.YAML", "_desk.yaml.txt", "prompt.md", "my.yamaha.txt"],
)  # fmt: skip
def test_what_was_switched_off_by_its_name_is_not_told(tmp_path, name):
    """A file that somebody renamed to leave it out, or that is none of ours, is passed over."""
    (tmp_path / name).write_text("tools:\n")
    assert scan(tmp_path) == Scan((), ())


@pytest.mark.parametrize(
    "name", ["desk", "desk.txt", "Desk.TXT", "desk.md", "\u0441\u0442\u043e\u043b"]
)
@pytest.mark.parametrize(
    "text", ["agents:\n  desk:\n", "# my desk\r\nagents:  # one\r\n  desk:\r\n"]
)
def test_the_only_file_is_told_if_it_holds_agents(tmp_path, name, text):
    """Where nothing is read, a file with agents in it is named, however it is called."""
    (tmp_path / name).write_bytes(text.encode())
    (scanned,) = scan(tmp_path).diagnostics
    better = f"{name.partition('.')[0]}.yaml"
    assert (scanned.code, scanned.span.file, scanned.help) == (
        "W002",
        name,
        f"rename it to {better}",
    )
    (tmp_path / "other.yaml").write_text("tools:\n")
    assert not scan(tmp_path).diagnostics


@pytest.mark.parametrize(
    "text", ["Our agents:\n  are kind", "agents:\n\nnobody", "agents: none", ""]
)
@pytest.mark.parametrize("name", ["desk", "desk.txt", ".desk", "desk.csv"])
def test_a_text_that_holds_no_agents_is_not_told(tmp_path, name, text):
    """A text that only speaks of agents, and a hidden file, are passed over."""
    (tmp_path / name).write_text(text)
    assert scan(tmp_path) == Scan((), ())


def test_a_name_that_is_taken_is_not_proposed(tmp_path):
    """Where the right name belongs to another file, renaming is not the advice."""
    (tmp_path / "desk.yaml").write_text("agents:\n")
    (tmp_path / "desk.yaml.txt").write_text("agents:\n")
    (scanned,) = scan(tmp_path).diagnostics
    assert scanned.help == "there is a file desk.yaml already: delete this one, or move it away"


def test_a_folder_is_not_taken_for_a_file_with_a_wrong_name(tmp_path):
    """A folder may be called as it likes, and is entered."""
    (tmp_path / "desk.YAML").mkdir()
    (tmp_path / "desk.YAML" / "a.yaml").write_text("agents:\n")
    scanned = scan(tmp_path)
    assert ([f.path for f in scanned.files], scanned.diagnostics) == (["desk.YAML/a.yaml"], ())
