"""Environments: which files count in one, and what their definitions replace."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from runner.diagnostics import Diagnostic, Related, Span
from runner.diagnostics.nearest import nearest
from runner.schema.process import Process
from runner.schema.reading.load import Definition, Specs
from runner.schema.types.blocks import Block

_LISTED = ("runner", "environments")


@dataclass(frozen=True, slots=True)
class ChosenFiles:
    """The files of a folder as they count in one environment.

    Attributes:
        specs: what they define, without what others of them replace.
        environment: which; None where the folder lists none.
        environments: all that it lists, in order.
        diagnostics: what is wrong with names of environments.
    """

    specs: tuple[Specs, ...]
    environment: str | None = None
    environments: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=())


def choose(files: Sequence[Specs], wanted: str | None = None) -> ChosenFiles:
    """Leave out files of other environments, and what files of this one replace.

    Args:
        files: what all files define.
        wanted: the environment; the first that the folder lists without it.
    """
    listing = _listing(files)
    listed = _names(listing)
    problems: list[Diagnostic] = []
    if listed:
        problems = [*_listed_too_late(files, listing, listed), *_near_misses(files, listed)]
    if wanted is not None and wanted not in listed:
        problems.append(_unknown(wanted, listing, listed))
    if not listed:
        return ChosenFiles(tuple(files), None, (), tuple(problems))
    environment = wanted if wanted in listed else listed[0]
    base = [specs for specs in files if _suffix(specs) not in listed]
    own = [specs for specs in files if _suffix(specs) == environment]
    replaced = {
        (definition.section, definition.name)
        for specs in own
        for definition in specs.definitions
        if definition.section != "runner"
    }
    kept = [_without(specs, replaced) for specs in base]
    chosen = sorted([*kept, *own], key=lambda specs: specs.document.file)
    return ChosenFiles(tuple(chosen), environment, listed, tuple(problems))


def belongs_to(file: str, environments: Iterable[str]) -> str | None:
    """The environment in which alone a file is read, by its name."""
    suffix = file_suffix(file)
    return suffix if suffix in environments else None


def merged(base: Block, over: Block) -> Block:
    """A block with what another one writes: blocks key by key, everything else whole."""
    update = {}
    for name in over.model_fields_set:
        mine, theirs = getattr(base, name), getattr(over, name)
        same = isinstance(theirs, Block) and type(mine) is type(theirs)
        update[name] = merged(mine, theirs) if same else theirs
    return base.model_copy(update=update)


def merged_process(sections: Iterable[Definition]) -> Process:
    """The settings of the process: of one file, and of one of the environment above it."""
    process: Block = Process.model_construct()
    for definition in sections:
        if isinstance(definition.spec, Process):
            process = merged(process, definition.spec)
    assert isinstance(process, Process)  # noqa: S101 - a copy is of the same class
    return process


def _listing(files: Sequence[Specs]) -> Definition | None:
    """The first `runner` section that lists environments."""
    runners = [d for specs in files for d in specs.definitions if d.section == "runner"]
    lists = [d for d in runners if isinstance(d.data, dict) and "environments" in d.data]
    # the file with the list is not itself of one environment, unless all that list them are
    return min(lists, key=lambda d: "." in _stem(d.document.file), default=None)


def _names(listing: Definition | None) -> tuple[str, ...]:
    spec = listing.readable if listing is not None else None
    return tuple(map(str, spec.environments)) if isinstance(spec, Process) else ()


def _stem(file: str) -> str:
    return posixpath.splitext(posixpath.basename(file))[0]


def file_suffix(file: str) -> str:
    """What stands in a file's name before `.yaml`, after another dot; empty for nothing."""
    head, dot, suffix = _stem(file).rpartition(".")
    return suffix if dot and head else ""


def _suffix(specs: Specs) -> str:
    return file_suffix(specs.document.file)


def _without(specs: Specs, replaced: set[tuple[str, str]]) -> Specs:
    left = tuple(d for d in specs.definitions if (d.section, d.name) not in replaced)
    if len(left) == len(specs.definitions):
        return specs
    return replace(specs, definitions=left)


def _place(listing: Definition | None) -> Span:
    if listing is None:
        return Span(".", 1, 1, 1, 1)
    return listing.document.key_span(_LISTED)


def _unknown(wanted: str, listing: Definition | None, listed: Sequence[str]) -> Diagnostic:
    message = f"there is no environment '{wanted}', which was asked for"
    near = nearest(wanted, listed)
    if near is not None:
        hint = f"did you mean '{near}'? choose it with --environment or LKRUN_ENVIRONMENT"
    elif listed:
        hint = f"choose one of {', '.join(listed)} with --environment or LKRUN_ENVIRONMENT"
    else:
        hint = (
            "leave out --environment and LKRUN_ENVIRONMENT, "
            "or list it below environments: in the section runner:"
        )
    return Diagnostic(_place(listing), "E218", message, hint)


def _listed_too_late(
    files: Sequence[Specs], listing: Definition | None, listed: Sequence[str]
) -> Iterator[Diagnostic]:
    """Environments that are listed in a file which is read in one of them."""
    for specs in files:
        if _suffix(specs) not in listed:
            continue
        for definition in specs.definitions:
            data = definition.data
            if definition.section != "runner" or not isinstance(data, dict):
                continue
            if "environments" in data:
                span = specs.document.key_span(_LISTED)
                hint = "list them in a file that is read in each, such as runner.yaml"
                related = (
                    () if listing is definition else (Related(_place(listing), "listed here"),)
                )
                message = f"this file is read in the environment '{_suffix(specs)}' alone"
                yield Diagnostic(span, "E218", f"{message}, and cannot list them", hint, related)


def _near_misses(files: Sequence[Specs], listed: Sequence[str]) -> Iterator[Diagnostic]:
    """Files whose name nearly has that of an environment: they are read in all of them."""
    for specs in files:
        suffix, file = _suffix(specs), specs.document.file
        near = nearest(suffix, listed) if suffix and suffix not in listed else None
        if near is not None:
            right = file[: -len(posixpath.splitext(file)[1])].removesuffix(suffix) + near
            message = f"there is no environment '{suffix}', so this file is read in each"
            hint = f"did you mean '{near}'? name the file {right}{posixpath.splitext(file)[1]}"
            yield Diagnostic(Span(file, 1, 1, 1, 1), "W222", message, hint)
