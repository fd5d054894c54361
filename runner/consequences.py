"""Of all that was found in a folder one error a mistake: what follows from another goes.

A line that is lost or stands elsewhere makes the rest look wrong too: keys that are not those of
the block that they seem to stand in, a key that its block lacks, a name that nobody defines. Who
reads these first mends what is right. What is left out here and is wrong by itself is told when
the first is mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from runner.diagnostics import Diagnostic, Related, Span
from runner.late_pattern import late
from runner.schema.file import SECTIONS, SINGULAR

Lines = Mapping[str, Sequence[str]]

_NEAR = 2
"""How many lines further a line in the wrong place still explains an error."""

_STRUCTURE = frozenset({"E013", "E018", "E019", "E021", "E025"})
"""A line of YAML that stands wrong, so that others are read as something else."""

_DISPLACED = frozenset({"E013", "E021", "E025", "E103", "E105", "E106"})
"""What a line in the wrong place leads to, beside keys in blocks that are not theirs."""

_LACKING = frozenset({"E103", "E105", "E106", "E202", "E207", "E301", "E302"})
"""What the lost end of a file leads to."""

_AT_AN_END = _LACKING | {"E018", "E104"}
"""What a line that is lost in its middle is."""

_NAMES = frozenset({"E202", "E302"})
"""A name that is unknown: one mistake, wherever it is used."""

_MAY_FOLLOW = frozenset({"E103", "E105", "E106", "E112", "E207", "E304", "E308", "E309", "E313"})
"""What a key that stands elsewhere may lead to: something lacks it, or reads it differently."""

_BELONGS = ("it belongs ", "write it below ", "it is a key of ", "move it ")
_TO_DEFINE = ("write it below ", "define ", "declare it ")

_SECTIONS = {noun: section for section, noun in SINGULAR.items()}
_ROLES = {"model": "llm", "speech recognition": "stt", "voice": "tts"}
"""What an agent needs to talk, and its key."""

_KEY = late(r"^\s*(?:- )?([\w-]+)\s*:")
_HOLDS_A_LIST = late(r" holds a list, where names belong$|this one is a list$")
_UNALIGNED = "which lines up with nothing above it"
_HAS_NO = late(r" has no ([a-z_]+)$")
_QUOTED = late(r"'([^']+)'")
_NEEDS = late(r" needs (?:a |an |its )?'([^']+)'")
_UNKNOWN = late(r"^unknown ([a-z ]+?) '")
_PARAMETER = late(r"^unknown variable |^.* has no parameter ")
_FOR = late(r" \(for agents? .*\)$")


def one_each(diagnostics: Sequence[Diagnostic], lines: Lines) -> list[Diagnostic]:
    """Leave out errors that another one explains.

    Args:
        diagnostics: all that was found.
        lines: file → its lines.
    """
    found = _with_unread_agents(_without_quoted_twice(diagnostics))
    if sum(d.severity == "error" for d in found) > 1:
        found = _without_displaced(found, lines)
        found = _without_lacking(found, lines)
        found = _one_a_name(_with_one_end(found, lines))
        found = _beside_one(found, lines)
    return _with_cut_ends(found, lines)


def _with_unread_agents(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Where no agent is declared, a file that is not read for its name is all there is to say."""
    misnamed = [d for d in diagnostics if d.code == "W002"]
    if not misnamed or not any(d.code == "E201" for d in diagnostics):
        return list(diagnostics)
    first, *others = misnamed
    unread, _, rule = first.message.partition(": ")
    nothing_read = replace(
        first,
        code="E201",
        message=f"no agent is declared in this folder, and {unread}",
        help=f"{rule}; {first.help}",
        related=tuple(Related(d.span, d.message) for d in others),
    )
    return [nothing_read, *(d for d in diagnostics if d.code not in ("W002", "E201"))]


def _without_quoted_twice(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """A value in curly quotes that is wrong for them is one mistake: its help takes them away."""
    curly = {d.span: d for d in diagnostics if d.code == "W003"}
    wrong = {d.span for d in diagnostics if d.span in curly and d.severity == "error"}
    return [
        replace(d, help=curly[d.span].help, write=()) if d.span in wrong else d
        for d in diagnostics
        if d.code != "W003" or d.span not in wrong
    ]


def _without_displaced(diagnostics: list[Diagnostic], lines: Lines) -> list[Diagnostic]:
    """Behind a line that stands wrong, leave out what is only read wrongly because of it."""
    gone = set[Diagnostic]()
    for errors in _by_file(diagnostics, lines).values():
        if any(d.code == "E104" and _HOLDS_A_LIST.search(d.message) for d in errors):
            gone |= {d for d in errors if d.code == "E025"}
        gone |= set(_repeated(errors))
        nameless = {d.span.line for d in errors if _is_nameless(d)}
        gone |= {d for d in errors if d.code == "E013" and d.span.line in nameless}
        reach = 0
        for error in (d for d in errors if d not in gone):
            follows = error.span.line <= reach and (
                error.code in _DISPLACED or _is_elsewhere(error)
            )
            if follows:
                gone.add(error)
            if follows or error.code in _STRUCTURE or _is_nameless(error) or error.code == "E105":
                reach = _further(lines[error.span.file], error.span.line, whole=_is_nameless(error))
    return [d for d in diagnostics if d not in gone]


def _repeated(errors: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The lines that line up with nothing once more, as far in as the first."""
    first = set[str]()
    for error in errors:
        if error.code == "E013" and first and _UNALIGNED in error.message:
            yield error
        first |= {error.message} if error.code == "E013" else set()


def _further(lines: Sequence[str], line: int, *, whole: bool) -> int:
    """The last of the next lines that hold something; the last of a section."""
    own = lines[line - 1].strip().partition(":")[0] if line <= len(lines) else ""
    if whole or own in SECTIONS:
        after = range(line + 1, len(lines) + 1)
        return next((n - 1 for n in after if lines[n - 1][:1].strip("# ")), len(lines))
    for _ in range(_NEAR):
        line += 1
        while line <= len(lines) and not lines[line - 1].strip():
            line += 1
    return line


def _is_nameless(error: Diagnostic) -> bool:
    return error.code == "E103" and error.message.startswith("the name of ")


def _is_elsewhere(error: Diagnostic) -> bool:
    """Whether an error tells of a key in a block that is not its own; no misspelt one."""
    if error.code == "E101":
        return " is not a key of " in error.message
    return error.code == "E104" and error.message.endswith("where a block of keys belongs")


def _without_lacking(diagnostics: list[Diagnostic], lines: Lines) -> list[Diagnostic]:
    """Leave out what seems to lack since it stands elsewhere, or in what could not be read."""
    gone = set[Diagnostic]()
    files = _by_file(diagnostics, lines)
    broken = {file: [d for d in each if d.code in _STRUCTURE] for file, each in files.items()}
    meant = {
        (d.span.file, _definition(lines[d.span.file], d.span.line), key)
        for each in files.values()
        for d in each
        if d.code == "E101"
        for key in _QUOTED.findall(d.help or "")
    }
    misspelt = {key for _, _, key in meant}
    unread = frozenset(
        section
        for file, each in broken.items()
        for error in each
        if error.code != "E021"
        for section in _names_lost(lines[file], error.span)
    )
    for file, errors in files.items():
        misplaced = [d for d in errors if d.code in _STRUCTURE or _is_elsewhere(d)]
        keys = frozenset(key for d in misplaced for key in _keys_near(lines[file], d))
        blocks = {_definition(lines[file], d.span.line) for d in broken[file]}
        for error in errors:
            lacks = _lacks(error)
            begin = _definition(lines[file], error.span.line)
            own = keys | {key for *place, key in meant if place == [file, begin]}
            if lacks and lacks <= (misspelt if error.code == "E304" else own):
                gone.add(error)
            elif error.code in ("E103", "E106", "E207") and not _is_nameless(error):
                if begin in blocks:
                    gone.add(error)
            elif error.code in _NAMES and _section_of(error) in unread:
                gone.add(error)
    if any(broken.values()):
        gone |= {d for d in diagnostics if d.code == "E201"}
    return [d for d in diagnostics if d not in gone]


def _lacks(error: Diagnostic) -> frozenset[str]:
    """The keys that are missing."""
    if error.code == "E207":
        _, _, words = error.message.partition(" has no ")
        return frozenset(_ROLES.get(w.removeprefix("no "), w) for w in words.split(", "))
    if error.code == "E304":
        return frozenset(_HAS_NO.findall(error.message))
    needs = _NEEDS.search(error.message) if error.code == "E103" else None
    return frozenset({needs[1]}) if needs else frozenset()


def _keys_near(lines: Sequence[str], error: Diagnostic) -> Iterator[str]:
    """The keys of a line, and of that above it where it is the line itself that stands wrong."""
    line = error.span.line
    for text in lines[max(line - (_NEAR if error.code in _STRUCTURE else 1), 0) : line]:
        key = _KEY.match(text)
        if key:
            yield key[1]


def _definition(lines: Sequence[str], line: int) -> int:
    """In which line the definition begins to which a line belongs, by how far in it stands."""
    below = line
    for at in range(min(line, len(lines)), 0, -1):
        text = lines[at - 1]
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        if not text[0].isspace():
            return below
        if _lead(text) <= _lead(lines[below - 1]):
            below = at
    return below


def _names_lost(lines: Sequence[str], span: Span) -> Iterator[str]:
    """The section whose names an error hides: it stands at a name, or at the section itself."""
    own = lines[span.line - 1] if span.line <= len(lines) else ""
    for at in range(min(span.line, len(lines)), 0, -1):
        text = lines[at - 1]
        if text.strip() and not text[0].isspace() and not text.startswith("#"):
            first = next((t for t in lines[at:] if t.strip()), "")
            section = text.partition(":")[0].strip()
            if section in SECTIONS and _lead(own) <= _lead(first):
                yield section
            return


def _section_of(error: Diagnostic) -> str:
    """In which section an unknown name would stand."""
    if error.message.endswith(" is not a provider"):
        return "providers"
    unknown = _UNKNOWN.match(error.message)
    return _SECTIONS.get(unknown[1], "") if unknown else ""


def _lead(line: str) -> int:
    return len(line) - len(line.lstrip())


def _with_one_end(diagnostics: list[Diagnostic], lines: Lines) -> list[Diagnostic]:
    """Of a file that ends within a line, tell all that its end may hold as one."""
    for file, errors in _by_file(diagnostics, lines).items():
        last = len(lines[file]) - (not lines[file][-1])
        at_end = [d for d in errors if d.span.line >= last - 1 and d.code in _AT_AN_END]
        if not lines[file][-1] and not any(d.code == "E105" for d in at_end):
            continue
        lacking = [d for d in errors if d.code in _LACKING and d not in at_end[:1]]
        cause, *others = [*at_end[:1], *lacking] or errors[:1]
        if not others:
            continue
        related = (*cause.related, *(Related(d.span, d.message) for d in others))
        whole = replace(cause, related=related)
        gone = {cause, *others}
        diagnostics = [whole, *(d for d in diagnostics if d not in gone)]
    return diagnostics


def _beside_one(diagnostics: list[Diagnostic], lines: Lines) -> list[Diagnostic]:
    """Tell what may follow from the one line that stands wrong beside it, and not by itself."""
    for file, errors in _by_file(diagnostics, lines).items():
        wrong = [d for d in errors if d.code in (*_STRUCTURE, "E017") or _is_moved(d)]
        wrong = sorted([*wrong, *filter(_is_nameless, errors)])
        first = wrong[:1]
        kin = [d for d in wrong[1:] if _is_kin(first[0], d, lines[file])]
        others = [d for d in errors if _may_follow(d)]
        if len(wrong) - len(kin) != 1 or not (kin or others):
            continue
        beside = (Related(d.span, _with_help(d, first[0])) for d in sorted([*kin, *others]))
        whole = replace(first[0], related=(*first[0].related, *beside))
        gone = {*first, *kin, *others}
        diagnostics = [whole, *(d for d in diagnostics if d not in gone)]
    return diagnostics


def _is_moved(error: Diagnostic) -> bool:
    """Whether an error tells of a key that would be right elsewhere, not of a foreign word."""
    return error.code == "E101" and (error.help or "").startswith(_BELONGS)


def _is_kin(first: Diagnostic, other: Diagnostic, lines: Sequence[str]) -> bool:
    """Whether both are keys of one block that stands in another."""
    if not (_is_moved(first) and _is_moved(other)):
        return False
    nouns = {d.message.partition(" is not a key of ")[2] for d in (first, other)}
    same = {_definition(lines, d.span.line) for d in (first, other)}
    return len(nouns) == len(same) == 1 and first.span.column == other.span.column


def _may_follow(error: Diagnostic) -> bool:
    """Whether something lacks what may stand elsewhere; what has a help of its own is no such."""
    if error.code in _NAMES:
        return not error.help or error.help.startswith(_TO_DEFINE)
    return error.code in _MAY_FOLLOW and not _is_nameless(error)


def _with_help(error: Diagnostic, first: Diagnostic) -> str:
    own = error.help if error.help != first.help else None
    return f"{error.message}: {own}" if own and not error.write else error.message


def _one_a_name(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """A name that is unknown in several places for one reason is told once."""
    first: dict[tuple[object, ...], Diagnostic] = {}
    kept: list[tuple[object, ...] | Diagnostic] = []
    for each in sorted(diagnostics):
        message = _FOR.sub("", each.message)
        same = _PARAMETER.sub("unknown name ", message)
        key = (same, each.help) if same == message else (same,)
        if each.code not in _NAMES:
            kept.append(each)
        elif key not in first:
            first[key] = each
            kept.append(key)
        else:
            earlier = first[key]
            also = (Related(each.span, "and here"),) if each.span != earlier.span else ()
            first[key] = replace(earlier, related=(*earlier.related, *also))
    return [each if isinstance(each, Diagnostic) else first[each] for each in kept]


def _by_file(diagnostics: Iterable[Diagnostic], lines: Lines) -> dict[str, list[Diagnostic]]:
    """The errors of each file that could be read, in their order."""
    files: dict[str, list[Diagnostic]] = {}
    for each in sorted(diagnostics):
        if each.severity == "error" and each.span.file in lines:
            files.setdefault(each.span.file, []).append(each)
    return files


def _with_cut_ends(diagnostics: Sequence[Diagnostic], lines: Lines) -> list[Diagnostic]:
    """Say beside what is lacking that its file ends within a line: the end may not be saved."""
    ends = {}
    for file in {d.span.file for d in diagnostics if d.code in _LACKING} & set(lines):
        last = lines[file][-1]
        if last:
            place = Span(file, len(lines[file]), len(last) + 1, len(lines[file]), len(last) + 1)
            ends[file] = Related(
                place, "the file ends here, without a line break: is its end missing?"
            )
    return [
        replace(d, related=(*d.related, ends[d.span.file]))
        if d.code in _LACKING and d.span.file in ends
        else d
        for d in diagnostics
    ]
