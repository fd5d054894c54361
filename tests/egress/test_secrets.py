"""Where secrets are read."""

from __future__ import annotations

import pytest

from runner.egress.secrets import Ledger, Secrets
from runner.secret import Secret, reveal


def test_the_environment_comes_before_files(tmp_path):
    """The variable wins; where it is empty or absent, the file is read."""
    (tmp_path / "A").write_text("file")
    (tmp_path / "B").write_text("file")
    secrets = Secrets({"A": "env", "B": ""}, tmp_path)
    read = [reveal(secrets.get(name)) for name in "ABC"]
    assert read == ["env", "file", None]
    assert Secrets({}).get("A") is None


@pytest.mark.parametrize(
    ("written", "read"),
    [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a ", " a "), ("", None), ("\n", None)],
)
def test_the_last_line_break_is_no_part_of_it(tmp_path, written, read):
    """One line break at the end of a file is dropped, and nothing else."""
    (tmp_path / "A").write_bytes(written.encode())
    assert reveal(Secrets({}, tmp_path).get("A")) == read


def test_a_file_may_change(tmp_path):
    """A changed file is read anew, but one request sees one value."""
    (tmp_path / "A").write_text("one")
    secrets = Secrets({}, tmp_path)
    ledger = Ledger(secrets)
    assert ledger["A"] == "one"
    (tmp_path / "A").write_text("two")
    assert (ledger["A"], Ledger(secrets)["A"]) == ("one", "two")


def test_what_is_no_secret(tmp_path):
    """A path, a folder, bytes that are no text and a huge file are no secrets."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "huge").write_bytes(b"a" * 70_000)
    (tmp_path.parent / "outside").write_text("x")
    secrets = Secrets({"../outside": "x"}, tmp_path)
    for name in ("../outside", "folder", "bytes", "huge", "", ".", "a/b"):
        assert secrets.get(name) is None


def test_values_are_not_shown():
    """No representation holds a value, and nobody can list them."""
    ledger = Ledger(Secrets({"A": "s3cret"}))
    assert ledger["A"] == "s3cret"
    assert "s3cret" not in f"{ledger!r}{ledger._secrets!r}"
    assert (list(ledger), len(ledger)) == ([], 0)


def test_what_was_read_is_known_for_ever(tmp_path):
    """A value that was read once is hidden, also when the file has another one since."""
    (tmp_path / "A").write_text("first-value")
    secrets = Secrets({"B": "from-the-environment", "C": "never read"}, tmp_path)
    assert secrets.mask().text("first-value") == "first-value"
    secrets.look_up(["A", "B", "missing"])
    (tmp_path / "A").write_text("second-value")
    secrets.look_up(["A"])
    assert (
        secrets.mask([Secret("more")]).text("first-value from-the-environment more")
        == "*** *** ***"
    )
    assert reveal(secrets.get("A")) == "second-value"
    secrets.learn([Secret("a-token")])
    shown = "first-value second-value a-token; never read"
    assert secrets.mask().text(shown) == "*** *** ***; never read"


def test_what_is_remembered_is_bounded():
    """Of tokens without end the newest are known."""
    secrets = Secrets({})
    secrets.learn(Secret(f"token-{number:06}") for number in range(5000))
    assert secrets.mask().text("token-000000 token-004999") == "token-000000 ***"


def test_the_ledger_keeps_account():
    """It knows what was used, and once what was asked for in vain."""
    ledger = Ledger(Secrets({"A": "x"}))
    assert [ledger.get(name) for name in ("A", "B", "B")] == ["x", None, None]
    assert (ledger.used, ledger.missing) == ({"A": Secret("x")}, ["B"])
