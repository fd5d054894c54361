"""Each mistake that YAML or strictyaml refuses, in the words that its author reads."""

from __future__ import annotations

import pytest

from runner.syntax import parse

MISTAKES = {
    "template": (
        "a:\n  x:\n    say: {{ name }}\n",
        "3:10-20 E014 a value that starts with {{ must stand in quotes",
        'write say: "{{ name }}"',
    ),
    "template block": (
        "a:\n  x:\n    say: {% if x %}hi\n",
        "3:10-22 E014 a value that starts with {% must stand in quotes",
        'write say: "{% if x %}hi"',
    ),
    "template as a line": (
        "a:\n  x:\n    {% if x %}\n",
        "3:5-15 E014 a value that starts with {% must stand in quotes",
        "write 'x: |' in line 2",
    ),
    "bold": (
        "a:\n  x: *bold* text\n",
        "2:6-17 E014 a value that starts with * must stand in quotes",
        'write x: "*bold* text"',
    ),
    "at": (
        "a:\n  x: @home\n",
        "2:6-11 E014 a value that starts with @ must stand in quotes",
        'write x: "@home"',
    ),
    "backtick": (
        'a:\n  - `x` and "y"\n',
        "2:5-16 E014 a value that starts with ` must stand in quotes",
        "write - '`x` and \"y\"'",
    ),
    "percent": (
        "a:\n  x: %5  # discount\n",
        "2:6-20 E014 a value that starts with % must stand in quotes",
        'write x: "%5"',
    ),
    "ampersand": (
        "a:\n  x: & more\n",
        "2:6-12 E014 a value that starts with & must stand in quotes",
        'write x: "& more"',
    ),
    "exclamation": (
        "a:\n  x: ! more\n",
        "2:6-12 E014 a value that starts with ! must stand in quotes",
        'write x: "! more"',
    ),
    "comma": (
        "a:\n  x: , more\n",
        "2:6-12 E014 a value that starts with , must stand in quotes",
        'write x: ", more"',
    ),
    "block with text": (
        "a:\n  x: | hello\n",
        "2:6-13 E014 a text cannot stand on the line of its '|'",
        (
            "write 'x: |' and the text on the next line, further indented; "
            'or all of it in quotes: x: "hello"'
        ),
    ),
    "comparison": (
        "a:\n  x: >= 3\n",
        "2:6-10 E014 a text cannot stand on the line of its '>'",
        (
            "write 'x: >' and the text on the next line, further indented; "
            'or all of it in quotes: x: ">= 3"'
        ),
    ),
    "code fence": (
        "```yaml\na:\n  x: 1\n",
        "1:1-8 E014 a line cannot start with `",
        "delete it; or, if it is text, indent it further than the key of that text",
    ),
    "two keys on a line": (
        "a: b:\n  x: 1\n",
        "1:4-6 E015 two keys stand on one line",
        "write 'b:' on the next line, further indented",
    ),
    "no space after the dash": (
        "a:\n  x:\n    - b\n    -c\n",
        "4:5-6 E018 there is no space after the '-' of this list item",
        "write - c",
    ),
    "no dash": (
        "a:\n  x:\n    - b\n    c\n    - d\n",
        "4:5-6 E018 this list item has no '- '",
        "write - c",
    ),
    "list on the key's line": (
        "a:\n  x: - b\n",
        "2:6-9 E014 a list cannot start on the line of its key",
        "write '- b' on the next line, further indented; or, if it is text, in quotes: x: \"- b\"",
    ),
    "backslash": (
        'a:\n  x: "C:\\path"\n',
        (
            '2:9-11 E014 a backslash in a text in " quotes starts a special character, '
            "and this one is unknown"
        ),
        "write it twice: \\\\; or use ' quotes: x: 'C:\\path'",
    ),
    "surrogate escape": (
        'a:\n  x: "\\ud83d\\ude00"\n',
        (
            '2:7-9 E014 a backslash in a text in " quotes starts a special character, '
            "and this one is unknown"
        ),
        "write it twice: \\\\; or use ' quotes: x: '\\ud83d\\ude00'",
    ),
    "escape beyond Unicode": (
        'a:\n  x: "\\U99999999"\n',
        (
            '2:7-9 E014 a backslash in a text in " quotes starts a special character, '
            "and this one is unknown"
        ),
        "write it twice: \\\\; or use ' quotes: x: '\\U99999999'",
    ),
    "text after quotes": (
        'a:\n  x: "Hi" she said\n',
        '2:9-19 E014 the text in quotes ends at the second ", but more text follows',
        "write x: '\"Hi\" she said'",
    ),
    "apostrophe in quotes": (
        "a:\n  x: 'It's fine'\n",
        "2:9-17 E014 the text in quotes ends at the second ', but more text follows",
        'write x: "It\'s fine"',
    ),
    "colon after quotes": (
        'a:\n  x: "Hi": there\n',
        '2:9-17 E014 the text in quotes ends at the second ", but more text follows',
        "write x: '\"Hi\": there'",
    ),
    "second colon": (
        "a:\n  x: note: call back\n",
        "2:6-21 E015 a text that holds a colon and a space must stand in quotes",
        'write x: "note: call back"',
    ),
    "colon in a long text": (
        "a:\n  x: Hello there\n    and so: on\n",
        (
            "2:6-17 E015 a text over several lines that holds a colon and a space (line 3) "
            "must be a block"
        ),
        "write 'x: |' and the text on the lines below, further indented",
    ),
    "comment that cuts": (
        "a:\n  x: press # to stop\n",
        "2:12-13 E016 the text ends before this '#', because one space and '#' start a comment",
        (
            "write two spaces before the # of a comment; if # belongs to the text, put "
            "it in quotes: "
            'x: "press # to stop"'
        ),
    ),
    "comment inside a text": (
        "a:\n  x: one\n    # more\n    two\n",
        "3:5-11 E016 this comment cuts off the text that goes on below it",
        (
            "take the comment away, or write the text as a block: '|' after the key and the "
            "lines below"
        ),
    ),
    "quote to the end": (
        'a:\n  x: "foo\n  y: 1\n',
        "2:6-7 E017 this quote is not closed: the quoted text runs on to the end of the file",
        'close it with " at the end of the text',
    ),
    "quote to the next quote": (
        'a:\n  x: "foo\n  y: "z"\n',
        "2:6-7 E017 this quote is not closed: the quoted text runs on to line 3",
        'close it with " at the end of the text',
    ),
    "quote to a separator": (
        "a:\n  x: 'foo\n---\n",
        "2:6-7 E017 this quote is not closed: the quoted text runs on to the end of the file",
        "close it with ' at the end of the text",
    ),
    "no space after the colon": (
        "a:\n  b:\n    x: 1\n    url:https://x.example\n",
        "4:5-9 E018 there is no space after the colon of 'url'",
        "write url: https://x.example",
    ),
    "no colon": (
        "a:\n  b:\n    start\n    llm: fast\n",
        "3:5-10 E018 this line has no colon after its key",
        "write 'start:'",
    ),
    "text at the level of keys": (
        "a:\n  b:\n    x: hello\n    you there\n",
        "4:5-14 E018 this line has no colon after its key",
        (
            "write it as 'key: value'; "
            "if it belongs to the text above, indent it further than the key of that text"
        ),
    ),
    "equals sign": (
        "a:\n  b:\n    x: 1\n    llm = fast\n",
        "4:5-15 E018 'llm' needs a colon, not an equals sign",
        "write llm: fast",
    ),
    "section without colon": (
        "agents\n  desk: x\n",
        "1:1-7 E018 this line has no colon after its key",
        "write 'agents:'",
    ),
    "list in brackets": (
        "a:\n  x: [b, c]\n",
        "2:6-12 E019 lists in brackets [ ] are not available",
        "write the entries on the lines below, one a line, further indented: '- b', then '- c'",
    ),
    "keys in braces": (
        "a:\n  x: {b: 1}\n",
        "2:6-12 E019 keys in braces { } are not available",
        "write the entries on the lines below, one a line, further indented: 'b: 1'",
    ),
    "empty list": (
        "a:\n  x: []\n",
        "2:6-8 E019 lists in brackets [ ] are not available",
        "leave the key out, or write its entries on the lines below, each further indented",
    ),
    "brackets over lines": (
        "a:\n  x: [b,\n    c]\n",
        "2:6-9 E019 lists in brackets [ ] are not available",
        (
            "write the entries on the lines below, one a line, further indented, each "
            "starting with '- '"
            '; if it is text, put it in quotes: x: "[b,"'
        ),
    ),
    "anchor": (
        "a:\n  x: &b c\n",
        "2:6-8 E020 '&b' would be an anchor of YAML, and these are not available",
        'delete it; or, if it is text, put it in quotes: x: "&b c"',
    ),
    "alias": (
        "a:\n  x: *b\n",
        "2:6-8 E020 '*b' would be a reference of YAML, and these are not available",
        'write the value itself here; or, if it is text, put it in quotes: x: "*b"',
    ),
    "tag": (
        "a:\n  x: !env HOME\n",
        "2:6-10 E020 '!env' would be a tag of YAML, and these are not available",
        'write the value itself here; or, if it is text, put it in quotes: x: "!env HOME"',
    ),
    "merge": (
        "a:\n  x:\n    <<: b\n",
        "3:5-7 E020 '<<' (taking over the keys of another block) is not available",
        "write the keys here, one a line",
    ),
    "directive": (
        "%YAML 1.2\na: b\n",
        "1:1-10 E020 a line that starts with % is not available",
        "delete this line",
    ),
    "key twice": (
        "a:\n  x: 1\n  x: 2\n",
        "3:3-4 E021 'x' stands twice in the same block",
        "keep one of the two, or give this one another name",
    ),
    "second document": (
        "a: 1\n---\nb: 2\n",
        "2:1-4 E022 a second document starts here",
        "delete this line; a file is one document",
    ),
    "document end": (
        "a: 1\n...\n",
        "2:1-4 E022 '...' ends the document here",
        "delete this line; a file is one document",
    ),
    "too deep": (
        "- " * 70 + "x\n",
        "1:129-130 E023 blocks are nested more than 64 deep here",
        "write it with fewer levels",
    ),
    "question mark": (
        "a:\n  ? x\n",
        "2:3-4 E024 a key cannot start with '? '",
        "write 'key: value', or put the text in quotes",
    ),
    "no key": (
        "a:\n  : x\n",
        "2:3-4 E024 there is no key before this colon",
        "write 'key: value'",
    ),
    "list as a key": (
        "a:\n  [x]: 1\n",
        "2:3-6 E024 a key cannot start with [",
        "start the key with a letter",
    ),
    "odd key": (
        "a:\n  @x: 1\n",
        "2:3-5 E024 a key cannot start with @",
        "start the key with a letter",
    ),
    "long key": (
        "a:\n  " + "k" * 2000 + ": 1\n",
        "2:2003-2004 E024 this key is too long",
        "write a short name before the colon",
    ),
    "item among keys": (
        "a:\n  b: 1\n  - c\n",
        "3:3-6 E025 a list item stands among keys here",
        "indent it further, below the key that it belongs to; or write 'key: value', like line 2",
    ),
    "key among items": (
        "a:\n  - c\n  b: 1\n",
        "3:3-7 E025 a key stands among list items here",
        "put '- ' before it to make it an entry, like line 2; or move it to the left",
    ),
    "tab indentation": (
        "a:\n\tb: 1\n",
        "2:1-2 E012 this line is indented with a tab",
        "use spaces: two for each level",
    ),
    "tab at the end": (
        "a:\n  b: 1\t\n",
        "2:7-8 E012 there is a tab at the end of this line",
        "delete it",
    ),
    "tab after the colon": (
        "a:\n  b:\t1\n",
        "2:5-6 E012 there is a tab where only a space may stand",
        "write a space instead",
    ),
    "odd indentation": (
        "a:\n    x: 1\n   y: 2\n",
        "3:4-8 E013 this line starts after 3 spaces, which lines up with nothing above it",
        "add 1 space, so that it starts after 4 spaces like line 2 (x: 1)",
    ),
    "too deep by one": (
        "a:\n  x:\n    - b\n   - c\n",
        "4:4-7 E013 this line starts after 3 spaces, which lines up with nothing above it",
        "add 1 space, so that it starts after 4 spaces like line 3 (- b)",
    ),
    "keys of an item": (
        "a:\n  - x: 1\n   y: 2\n",
        "3:4-8 E013 this line starts after 3 spaces, which lines up with nothing above it",
        "add 1 space, so that it starts after 4 spaces like line 2 (- x: 1)",
    ),
    "keys below a value": (
        "a:\n  x: 1\n    y: 2\n",
        "3:5-9 E013 this line is indented below 'x', which has a value already (line 2)",
        "start it after 2 spaces, like line 2; or take the value of 'x' away",
    ),
    "item swallowed by a text": (
        "a:\n  x:\n    - b\n     - c\n",
        "4:6-7 E013 this list item is read as part of the text in line 3",
        (
            "line its '-' up with the other items; or, if it is text, write the text as a block: "
            "'|' after the key and the lines below"
        ),
    ),
    "blocks that differ": (
        "a:\n  x: 1\nb:\n    y: 2\nc:\n  z: 3\n",
        (
            "4:5-6 E013 the lines below 'b' start after 4 spaces, but those below 'a' "
            "beside it after 2"
        ),
        "move line 4 by 2 spaces to the left",
    ),
    "first line indented": (
        "  a: 1\nb: 2\n",
        "1:3-7 E013 this line starts after 2 spaces, and nothing above it explains that",
        "delete the spaces before it",
    ),
    "text below a block": (
        "a:\n  x: |\n    foo\n   bar\n",
        "4:4-7 E013 this line starts after 3 spaces, which lines up with nothing above it",
        "add 1 space, so that it starts after 4 spaces like line 3 (foo)",
    ),
    "zero width space": (
        "a:\n  x: he\u200bllo\n",
        "2:8-9 E011 there is a character here that cannot be seen: zero width space (U+200B)",
        "delete it; it often comes along when text is copied",
    ),
    "null": (
        "a:\n  x: he\0llo\n",
        "2:8-9 E011 there is a character here that cannot be seen: null character (U+0000)",
        "delete it; it often comes along when text is copied",
    ),
    "no-break space after the colon": (
        "a:\n  y: 1\n  x:\u00a0hello\n",
        "3:5-6 E011 there is a special space here that looks like a space but is another character",
        "delete it and type a normal space, or nothing",
    ),
    "no-break space in the indentation": (
        "a:\n  y: 1\n\u00a0\u00a0x: hello\n",
        "3:1-2 E011 there is a special space here that looks like a space but is another character",
        "delete it and type a normal space, or nothing",
    ),
    "no-break space at the end": (
        "a:\n  x: hello\u00a0\n",
        (
            "2:11-12 E011 there is a special space here that looks like a space "
            "but is another character"
        ),
        "delete it and type a normal space, or nothing",
    ),
    "list at the root": (
        "- a\n",
        "1:1-4 E104 a file holds sections such as 'agents:', but this one is a list",
        "start it with a section: agents, personas, tools, providers or runner",
    ),
    "text at the root": (
        "hello\n",
        "1:1-6 E104 a file holds sections such as 'agents:', but this one is a text",
        "start it with a section: agents, personas, tools, providers or runner",
    ),
    "empty": (
        "",
        "1:1-1 W001 this file is empty",
        "write a section such as 'agents:', or delete it",
    ),
    "only comments": (
        "# nothing\n\n",
        "1:1-1 W001 this file holds only comments",
        "write a section such as 'agents:', or delete it",
    ),
}


@pytest.mark.parametrize(("text", "message", "help_"), MISTAKES.values(), ids=MISTAKES)
def test_each_mistake_is_told_once_and_exactly(text, message, help_):
    """One mistake is one diagnostic: this place, this code, these words."""
    mistake = parse("desk.yaml", text.encode()).diagnostics

    assert [(_line(item), item.help) for item in mistake] == [(message, help_)]


def _line(item):
    span = item.span
    place = f"{span.line}:{span.column}-{span.end_column}"
    return f"{place} {item.code} {item.message}"


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  x: 'quoted' # comment\n",
        "a:\n  x:  # comment\n    y: 1\n",
        "a: # comment\n  x: 1\n",
        "a:\n  x: text  # comment\n",
        "a:\n  x: |  # comment\n    # text\n",
        "a:\n  x: no#comment\n",
        "---\na:\n  x: 1\n",
        "a:\n  x: 10:30\n  y: https://x.example\n",
        "a:\n  x: \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\n",
        "a:\n  x: 10\u00a0000 people\n",
        "a:\n\t\n  x: 1\n",
    ],
)
def test_what_is_right_is_not_complained_about(text):
    """Comments, times, addresses, joiners and no-break spaces inside a text are fine."""
    assert parse("desk.yaml", text.encode()).diagnostics == ()


def test_a_second_key_shows_the_first():
    """The first of two equal keys is the related place of the second, and keeps its value."""
    document = parse("desk.yaml", b"a:\n  x: 1\n  x:\n    gone: 2\n")

    (mistake,) = document.diagnostics
    assert (mistake.related[0].span.line, mistake.related[0].message) == (
        2,
        "it stands here first",
    )
    assert document.data == {"a": {"x": "1"}}
    assert "gone" in document.words
