"""Which plugin a name means, found without importing any."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from runner.diagnostics.nearest import nearest
from runner.late_pattern import late
from runner.plugin import GROUPS
from runner.provider_kinds import BY_KEY, PROVIDER_TOOL, ROWS
from runner.providers import hosted, known, makers
from runner.providers.exports import Exports
from runner.providers.installed import Distribution, scan
from runner.providers.problems import NameProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Source = Literal["plugin", "livekit"]

_FRAMEWORK = "livekit-agents"
_BUILT_IN = "inference"
_WRITTEN = {"pip": "pip install {package}", "exact": "pip install {package}=={version}"}


@dataclass(frozen=True, slots=True)
class InstalledProvider:
    """An installed provider.

    Attributes:
        kind: the key of a `ProviderKind`.
        name: as written in YAML.
        source: `plugin` (an entry point of lkrun's API) or `livekit` (a class of LiveKit's).
        target: `module:attribute`.
        package: the distribution that brings it.
        version: of that distribution.
        fingerprint: of its source files, where the install is an editable one.
    """

    kind: str
    name: str
    source: Source
    target: str
    package: str
    version: str
    fingerprint: str = ""


class Catalogue:
    """The providers that are installed on some import paths (by default this process's own)."""

    def __init__(self, paths: Sequence[str] | None = None) -> None:
        """Take the import paths; nothing is read before the first question."""
        self.paths = tuple(sys.path if paths is None else paths)

    @cached_property
    def distributions(self) -> dict[str, Distribution]:
        """Installed packages by name (with dashes)."""
        return {each.name: each for each in scan(self.paths)}

    @cached_property
    def providers(self) -> dict[tuple[str, str], tuple[InstalledProvider, ...]]:
        """Kind and name (with underscores) → whoever brings it; more than one is a conflict."""
        named: dict[tuple[str, str], list[InstalledProvider]] = {}
        for provider in (*self._plugins(), *self._livekit(), *self._inference()):
            named.setdefault((provider.kind, _plain(provider.name)), []).append(provider)
        return {key: tuple(rivals) for key, rivals in named.items()}

    @property
    def livekit_version(self) -> str:
        """The version of livekit-agents, to which LiveKit's plugins are pinned."""
        framework = self.distributions.get(_FRAMEWORK)
        return framework.version if framework else ""

    def names(self, kind: str) -> list[str]:
        """The names that can be written for a kind right now."""
        built_in = {name for name, kinds in known.BUILT_IN.items() if kind in kinds}
        installed = {rivals[0].name for key, rivals in self.providers.items() if key[0] == kind}
        return sorted(built_in | installed)

    def usable(self) -> Iterator[InstalledProvider]:
        """All that a name can mean right now, tools that a model's provider runs included."""
        yield from (rivals[0] for rivals in self.providers.values() if len(rivals) == 1)
        for name in hosted.names(self.distributions):
            tool = self._hosted(name)
            if isinstance(tool, InstalledProvider):
                yield tool

    def find(self, kind: str, name: str) -> InstalledProvider | NameProblem:
        """The provider that a name means, or what is wrong with the name."""
        if kind == PROVIDER_TOOL:
            return self._hosted(name)
        rivals = self.providers.get((kind, _plain(name)), ()) or self._variant(kind, name)
        if not rivals:
            return self._missing(kind, name)
        if rivals[0].name != name:
            return self._unknown(kind, name)
        return rivals[0] if len(rivals) == 1 else _conflict(name, rivals)

    def is_plugin(self, kind: str, name: str) -> bool:
        """Whether there is a plugin of this name, installed or not."""
        plugin = self.find(kind, name)
        return isinstance(plugin, InstalledProvider) or plugin.code == "E401"

    def _hosted(self, name: str) -> InstalledProvider | NameProblem:
        """A tool that the service of a LiveKit plugin runs."""
        place = hosted.find(name, self.distributions, self._install)
        if isinstance(place, NameProblem):
            return place
        target, package = place
        return _provider(PROVIDER_TOOL, name, "livekit", target, package)

    def _variant(self, kind: str, name: str) -> tuple[InstalledProvider, ...]:
        """Another class of a LiveKit plugin: `deepgram.STTv2`, `openai.responses`."""
        module, _, rest = name.partition(".")
        known_kind = rest and kind in BY_KEY
        package = self.distributions.get(known.package_of(module)) if known_kind else None
        place = package and _exports(package, module).variant(BY_KEY[kind], rest)
        if not package or not place:
            return ()
        return (_provider(kind, name, "livekit", _target(module, place), package),)

    def _missing(self, kind: str, name: str) -> NameProblem:
        if kind in known.BUILT_IN.get(name, ()):
            return NameProblem("E402", f"'{name}' is built in, and no plugin")
        module, _, variant = _plain(name).partition(".")
        others = [other for other in {**BY_KEY, **GROUPS} if (other, module) in self.providers]
        offered = known.LIVEKIT.get(module, known.BUILT_IN.get(name, ()))
        own, own_kinds = known.OWN.get(module, ("", ()))
        if variant and others:
            return self._no_such_class(kind, name)
        if others or ((offered or own_kinds) and kind not in {*offered, *own_kinds}):
            return self._wrong_kind(kind, name, others or [*offered, *own_kinds])
        whole = _PACKAGE.sub("", name) == name
        if (own_kinds or offered) and not (whole and name.partition(".")[0].islower()):
            return self._unknown(kind, name)
        if own_kinds or offered:
            line = self._install(module) if offered else _WRITTEN["pip"].format(package=own)
            return NameProblem("E401", f"the plugin '{name}' is not installed", f"run: {line}")
        return self._unknown(kind, name)

    def _install(self, module: str) -> str:
        form = "pip" if module in known.OWN_VERSION else "exact"
        package, version = known.package_of(module), self.livekit_version
        return _WRITTEN[form].format(package=package, version=version)

    def _no_such_class(self, kind: str, name: str) -> NameProblem:
        module, _, rest = name.partition(".")
        package = self.distributions.get(known.package_of(module))
        names = _exports(package, module).names if package else None
        near = nearest(rest, [each for each in names or () if each[:1].isupper()])
        plain = f"write {kind}: {module}, which is its usual one"
        has = (kind, _plain(module)) in self.providers
        hint = f"did you mean '{module}.{near}'?" if near else plain if has else None
        return NameProblem("E402", f"the plugin '{module}' has no '{rest}'", hint)

    def _wrong_kind(self, kind: str, name: str, kinds: Iterable[str]) -> NameProblem:
        has = " and ".join(f"'{other}'" for other in kinds)
        choices = ", ".join(self.names(kind))
        return NameProblem(
            "E206",
            f"'{name}' cannot be used as '{kind}', only as {has}",
            f"installed for '{kind}': {choices}" if choices else None,
        )

    def _unknown(self, kind: str, name: str) -> NameProblem:
        published = [module for module, kinds in known.LIVEKIT.items() if kind in kinds]
        own = [plugin for plugin, (_, kinds) in known.OWN.items() if kind in kinds]
        known_as = known.CLASSES.get(_plain(name)) if kind in BY_KEY else None
        near = known_as or nearest(_plain(name), {*self.names(kind), *published, *own})
        choices = ", ".join(self.names(kind))
        installed = f"installed for '{kind}': {choices}" if choices else None
        if installed is None and published:
            installed = f"LiveKit has plugins for it: {', '.join(published)}"
        if installed is None and kind not in BY_KEY:
            installed = f"install the package that brings it; it registers it under {GROUPS[kind]}"
        return NameProblem(
            "E402",
            f"there is no plugin '{name}' for '{kind}'",
            f"did you mean '{near}'?" if near else _meant(kind, name) or installed,
        )

    def _plugins(self) -> Iterable[InstalledProvider]:
        kinds = {group: kind for kind, group in GROUPS.items()}
        for package in self.distributions.values():
            for group, name, target in package.entry_points:
                if group in kinds:
                    yield _provider(kinds[group], name, "plugin", target, package)

    def _livekit(self) -> Iterable[InstalledProvider]:
        for package in self.distributions.values():
            if package.name.startswith(known.PREFIX):
                module = known.module_of(package.name)
                for kind, place in _offered(package, module).items():
                    yield _provider(kind, module, "livekit", _target(module, place), package)

    def _inference(self) -> Iterable[InstalledProvider]:
        framework = self.distributions.get(_FRAMEWORK)
        if framework:
            for kind in (kind for kind in ROWS if kind.inference):
                target = f"livekit.agents.inference:{kind.livekit_class}"
                yield _provider(kind.key, _BUILT_IN, "livekit", target, framework)


def _provider(
    kind: str, name: str, source: Source, target: str, package: Distribution
) -> InstalledProvider:
    return InstalledProvider(
        kind, name, source, target, package.name, package.version, package.fingerprint
    )


def _offered(package: Distribution, module: str) -> dict[str, str]:
    """Kind → its place in a LiveKit plugin, read from the source where that can be told."""
    exports = _exports(package, module)
    places = exports.places()
    if places or not exports.unclear:
        return places
    kinds = known.LIVEKIT.get(module, tuple(BY_KEY))
    return {kind: BY_KEY[kind].livekit_class for kind in kinds}


def _exports(package: Distribution, module: str) -> Exports:
    return Exports(package.folder.parent / "livekit" / "plugins" / module)


def _target(module: str, place: str) -> str:
    below, _, attribute = place.rpartition(".")
    return ".".join(filter(None, ("livekit.plugins", module, below))) + f":{attribute}"


def _conflict(name: str, rivals: Sequence[InstalledProvider]) -> NameProblem:
    packages = [f"{rival.package} {rival.version}" for rival in rivals]
    return NameProblem(
        "E404",
        f"several packages bring a plugin '{name}': {', '.join(packages)}",
        f"keep one, for example: pip uninstall {rivals[-1].package}",
    )


def _plain(name: str) -> str:
    return name.replace("-", "_").lower().removeprefix("livekit_plugins_")


_PACKAGE = late(r"^livekit[-_.]plugins[-_.]")
"""How the packages of LiveKit's plugins begin."""


def _meant(kind: str, name: str) -> str | None:
    """What to write for a package, a model or a maker that stands in place of a plugin."""
    bare = _PACKAGE.sub("", name)
    if bare != name:
        return f"did you mean '{bare}'?"
    if kind not in makers.OPTIONS:
        return None
    if "/" in name:
        return (
            f"write {kind}: {name} in the agent, without a provider; or here {kind}: inference, "
            f"and below with: model: {name}"
        )
    plugin = makers.plugin_of(kind, name)
    if plugin is None or plugin == name:
        return None
    option = "" if makers.is_platform(name) else f", and below with: {makers.OPTIONS[kind]}: {name}"
    return f"write {kind}: {plugin}{option}"
