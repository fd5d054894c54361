"""Folders without a mistake, which together use every key of the language."""

from __future__ import annotations

import shutil

import pytest
from support import golden

from runner.cache import Cache
from runner.link.walk import blocks
from runner.schema.file import SECTIONS, File
from runner.schema.types.blocks import Block

CASES = sorted(path.name for path in golden.GOOD.iterdir())


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return Cache(tmp_path_factory.mktemp("cache"))


def checked(case, empty, cache):
    folder = golden.GOOD / case
    if folder.is_file():
        shutil.copyfile(folder, empty / case)
        folder = empty
    return golden.compiled(folder, cache)


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_said_about_a_good_folder(case, tmp_path, cache):
    """A good folder has no mistake and no warning, and becomes a release."""
    result = checked(case, tmp_path, cache)
    assert golden.output(list(result.diagnostics), result).endswith("checked: no mistakes\n")
    assert result.release is not None


def models(cls):
    """Return a model and all made from it; those with `_` are only there for others."""
    classes = {cls} if not cls.__name__.startswith("_") else set()
    return classes.union(*map(models, cls.__subclasses__()))


def is_basis(model, used):
    """Whether others are made from a model, and it stands in no file itself."""
    return bool(model.__subclasses__()) and model.__name__ not in {name for name, _ in used}


def keys(used):
    """Return model and key of all that the schema knows, but `parameters` of tools without."""
    for model in models(Block) - {Block}:
        if is_basis(model, used):
            continue
        for key in model.keys():  # noqa: SIM118 - keys of the language
            refused = key == "parameters" and getattr(model, "own_parameters", None)
            refused = refused or key in getattr(model, "refuses", ())
            if model.__module__.startswith("runner.schema.") and not refused:
                yield model.__name__, key


def used_in(result):
    """Return model and key of all that was written in a folder."""
    specs = [result.release.process]
    for scope in result.scopes:
        yield "File", "agents"
        specs.append(scope.agent)
        for section in SECTIONS[1:-3]:
            entries = getattr(scope, section)
            specs += entries.values()
            yield from [("File", section)] * bool(entries)
    external = result.release.external_agents
    specs += external.values()
    yield from [("File", "external_agents")] * bool(external)
    campaigns = result.release.campaigns
    specs += campaigns.values()
    yield from [("File", "campaigns")] * bool(campaigns)
    specs += [test.definition.spec for test in result.tests]
    yield from [("File", "tests")] * bool(result.tests)
    for block in (b for spec in specs for b in blocks(spec)):
        by_attribute = {name: key for key, name in type(block).keys().items()}
        yield from ((type(block).__name__, by_attribute[name]) for name in block.model_fields_set)


def test_every_key_of_the_language_is_used(tmp_path_factory, cache):
    """Each key of every model of the schema stands in at least one good folder."""
    used = {("File", "runner"), ("File", "language")}  # settings-of-the-process has both
    for case in CASES:
        used |= set(used_in(checked(case, tmp_path_factory.mktemp("case"), cache)))
    assert set(keys(used)) - used == set()
    assert File.__name__ in {model for model, _ in used}
