"""Tables of contacts as spreadsheets and people write them."""

from __future__ import annotations

import pytest

from runner.contacts import Contact, checked, read_contacts, reading
from runner.source import TextProblem, read_table

PHONE = "+84901234567"

TABLES = {
    "semicolons": b"phone;name\r\n+84901234567;An\r\n",
    "tabs": b"phone\tname\n+84901234567\tAn\n",
    "commas and quotes": b'"phone","name"\n"+84 90 123 4567","An"\n',
    "a byte order mark": "\ufeffphone;name\n+84901234567;An\n".encode(),
    "UTF-16 with its mark": "phone\tname\r\n+84901234567\tAn\r\n".encode("utf-16"),
    "UTF-16 without it": "phone\tname\r\n+84901234567\tAn\r\n".encode("utf-16-le"),
    "a line that says what parts": b"sep=;\r\nphone;name\r\n+84901234567;An\r\n",
    "empty lines": b"\n;\nphone;name\n\n;;\n+84901234567;An\n;\n",
    "00 and brackets": b"phone;name\n0084 (90) 123-4567;An\n",
    "line breaks of old Macs": b"phone;name\r+84901234567;An\r",
    "columns without a name at the end": b"phone;name;;\n+84901234567;An;;\n",
}
"""Ways to write one contact."""


def table(tmp_path, data):
    """The text of a table of these bytes."""
    (tmp_path / "recall.csv").write_bytes(data)
    return read_table(tmp_path, "recall.csv")


@pytest.mark.parametrize("data", TABLES.values(), ids=TABLES)
def test_a_table_is_read_as_programs_save_it(data, tmp_path):
    """What parts the columns, the encoding and empty lines do not matter."""
    read = list(read_contacts(table(tmp_path, data).text))
    assert [(each.number, each.columns["name"]) for each in read] == [(PHONE, "An")]


def test_letters_of_an_old_code_page_are_kept(tmp_path):
    """Excel's plain CSV is Windows-1252."""
    (only,) = read_contacts(
        table(tmp_path, "phone;name\n+4930123456;Jürgen\n".encode("cp1252")).text
    )
    assert only.columns["name"] == "Jürgen"


PROBLEMS = {
    "1e11": "a spreadsheet has rounded",
    "8.49123E+11": "a spreadsheet has rounded",
    "8,49123E+11": "a spreadsheet has rounded",
    "0901234567": "does not say of which country",
    "+84 90 ABC DEFG": "there are letters",
    "+84901234567 / +442079460018": "more than one phone number",
    "reception": "is not a phone number",
    "+84901": "too short",
    '""': "there is no phone number",
}


@pytest.mark.parametrize(("written", "words"), PROBLEMS.items())
def test_a_number_that_cannot_be_called_is_told_with_its_line(written, words):
    """The message says what is wrong, and the help what to write."""
    (only,) = read_contacts(f"phone;name\n\n{written};An\n")
    assert (only.line, words in only.message, bool(only.help)) == (3, True, True)


@pytest.mark.parametrize("written", ["'+84901234567", '="+84901234567"', "=+84901234567"])
def test_a_number_that_a_spreadsheet_was_to_leave_alone_is_read(written):
    """As it is shown there."""
    (only,) = read_contacts(f"phone;name\n{written};An\n")
    assert only.number == "+84901234567"


@pytest.mark.parametrize(
    ("text", "message", "help_"),
    [
        ("My customers\n\nphone;name\n+84901234567;An\n", "stand in line 3", "above them"),
        ("phone name\n+84901234567 An\n", "nothing parts the columns", ": phone,name"),
    ],
)
def test_a_first_line_that_is_none_is_told(text, message, help_):
    """What the lines below say of it is made use of."""
    (only,) = read_contacts(text)
    assert (only.line, only.head) == (1, True)
    assert (message in only.message, only.help.endswith(help_)) == (True, True)


def test_a_table_without_names_of_columns_is_told_so():
    """A contact stands where they belong: what to write above it is said."""
    (only,) = read_contacts("An;+84901234567\nBo;+442079460018\n")
    assert (only.line, "is a contact already" in only.message) == (1, True)
    assert "phone above the numbers" in only.help


@pytest.mark.parametrize(
    "name",
    [
        "Phone", "phone_number", "Mobile Number", "Tel.", "Number", "Telefonnummer",
        "Num\u00e9ro de te\u0301le\u0301phone", "N\u00famero de tel\u00e9fono", "Telefoonnummer",
        "S\u1ed1 \u0111i\u1ec7n tho\u1ea1i", "S\u0110T", "Telefone",
        "\u0422\u0435\u043b\u0435\u0444\u043e\u043d",
    ],
)  # fmt: skip
def test_a_column_of_numbers_by_another_name_is_told(name):
    """Whoever wrote it knows which column is to be renamed."""
    (only,) = read_contacts(f"{name};name\n+84901234567;An\n")
    assert (only.line, f"but one '{name}'" in only.message, only.help) == (1, True, "name it phone")


@pytest.mark.parametrize("name", ["customer number", "cellar", "automobile"])
def test_another_column_is_not_taken_for_the_numbers(name):
    """The message asks for a column then."""
    (only,) = read_contacts(f"{name};name\n+84901234567;An\n")
    assert only.message == "there is no column 'phone' in the first line"


def test_lines_are_those_of_the_file_also_behind_values_of_several_lines():
    """A value in quotes may hold line breaks."""
    read = list(read_contacts('phone;note\n+84901234567;"two\nlines"\nnobody;\n'))
    assert isinstance(read[0], Contact)
    assert read[1].line == 4


def test_a_number_that_stands_twice_names_both_lines():
    """However it is written."""
    _, twice = read_contacts("phone\n+84901234567\n0084 90 123 45 67\n")
    assert (twice.line, twice.first) == (3, 2)


def test_a_table_of_many_mistakes_tells_the_first_and_counts_the_rest():
    """Nobody reads a hundred thousand lines of them."""
    found = checked("phone\n" + "1e11\n" * 5000)
    assert (len(found.problems), found.more) == (20, 4980)


def test_a_table_may_have_a_hundred_thousand_contacts():
    """It is the number that the messages and the documents name."""
    assert reading.MOST == 100_000


def test_a_table_that_is_too_long_tells_the_first_line_too_many(monkeypatch):
    """As many as there may be are no mistake; mistakes behind them are not looked for."""
    monkeypatch.setattr(reading, "MOST", 2000)
    lines = ["phone;timezone", *(f"+1202{n:07d};Europe/Berlin" for n in range(2000))]
    full = checked("\n".join(lines))
    assert (full.count, full.problems) == (2000, ())
    longer = checked("\n".join([*lines, "+12029999999;", "nobody;"]))
    (problem,) = longer.problems
    assert (longer.count, longer.more, problem.line) == (2000, 0, 2002)
    assert problem.message == "more than 2,000 contacts stand in one table"


@pytest.mark.parametrize("data", [b"PK\x03\x04rest", b"phone\n\x00\x01\x02" + b"\0" * 80])
def test_a_file_of_a_spreadsheet_program_is_told_as_such(data, tmp_path):
    """What is saved as .xlsx is not a table of text."""
    problem = table(tmp_path, data)
    assert isinstance(problem, TextProblem)
    assert "CSV" in (problem.help or "")
