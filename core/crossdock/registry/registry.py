"""Where a definition's words become classes: plugins are loaded when they are first named, and only then."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import ModuleType
from typing import Any

from crossdock.contract.connection import AuthProvider, Connection
from crossdock.contract.mapper import Mapper
from crossdock.contract.sink import Sink
from crossdock.contract.source import Source
from crossdock.errors import ConfigError, PluginError
from crossdock.mappers import CORE_MAPPERS
from crossdock.registry.installed import InstalledPlugin, installed
from crossdock.registry.kinds import KINDS, KindName
from crossdock.registry.plugin import Plugin, load_plugin


class Registry:
    """Finds components by what `use:` says.

    `extra` are modules that are plugins without being installed (tests, the kit); they go before installed ones of the
    same name. `mappers` are core's own, which bear no plugin's name, as in `use: filter`; by default those there are.
    """

    def __init__(
        self,
        *,
        extra: Mapping[str, ModuleType] | None = None,
        mappers: Mapping[str, type[Mapper[Any, Any]]] | None = None,
        discover: bool = True,
    ) -> None:
        self._extra = dict(extra or {})
        self._own_mappers = dict(CORE_MAPPERS if mappers is None else mappers)
        self._discover = discover
        self._loaded: dict[str, Plugin | PluginError] = {}

    @cached_property
    def _installed(self) -> list[InstalledPlugin]:
        found = [plugin for plugin in installed() if plugin.name not in self._extra] if self._discover else []
        given = [
            InstalledPlugin(name, module.__name__, str(getattr(module, "__version__", "0")), module.__name__)
            for name, module in self._extra.items()
        ]
        return sorted(found + given)

    def installed(self) -> list[InstalledPlugin]:
        """Every plugin there is; imports nothing."""
        return list(self._installed)

    def load(self, name: str) -> Plugin:
        """The plugin of that name, imported at first use.

        Raises: PluginError, code `unknown_plugin` or `broken_plugin`; each time again.
        """
        if name not in self._loaded:
            try:
                self._loaded[name] = load_plugin(self._the_one(name), self._extra.get(name))
            except PluginError as error:
                self._loaded[name] = error
        plugin = self._loaded[name]
        if isinstance(plugin, PluginError):
            raise plugin
        return plugin

    def load_all(self) -> list[Plugin | PluginError]:
        """Every installed plugin, or why it cannot be used: for the JSON Schema and `doctor`."""
        for plugin in self._installed:
            try:
                self.load(plugin.name)
            except PluginError:
                continue
        return [self._loaded[name] for name in sorted(self._loaded)]

    def connection(self, use: str) -> type[Connection]:
        """The class of a connection. Raises: PluginError; ConfigError."""
        found: type[Connection] = self._find("connection", use)
        return found

    def source(self, use: str) -> type[Source[Any, Any]]:
        """The class of a source. Raises: PluginError; ConfigError."""
        found: type[Source[Any, Any]] = self._find("source", use)
        return found

    def sink(self, use: str) -> type[Sink[Any, Any]]:
        """The class of a sink. Raises: PluginError; ConfigError."""
        found: type[Sink[Any, Any]] = self._find("sink", use)
        return found

    def mapper(self, use: str) -> type[Mapper[Any, Any]]:
        """The class of a mapper. Raises: PluginError; ConfigError."""
        found: type[Mapper[Any, Any]] = self._find("mapper", use)
        return found

    def auth(self, use: str) -> type[AuthProvider]:
        """The class of an auth provider. Raises: PluginError; ConfigError."""
        found: type[AuthProvider] = self._find("auth", use)
        return found

    def simulators(self) -> dict[str, type[Any]]:
        """Every simulator of every installed plugin, by its own name. A plugin that fails is left out."""
        return {
            simulator.name: simulator
            for plugin in self.load_all()
            if isinstance(plugin, Plugin)
            for simulator in _or_nothing(plugin)
        }

    def names(self, kind: KindName) -> list[str]:
        """What can be written after `use:` for that kind, in the plugins loaded so far."""
        own = list(self._own_mappers) if kind == "mapper" else []
        return sorted(own + [use for plugin in self._usable() for use in _uses(plugin, kind)])

    def _usable(self) -> Iterable[Plugin]:
        return [plugin for plugin in self._loaded.values() if isinstance(plugin, Plugin)]

    def _the_one(self, name: str) -> InstalledPlugin:
        candidates = [plugin for plugin in self._installed if plugin.name == name]
        if not candidates:
            raise self._not_installed(name)
        if len(candidates) > 1:
            whose = " and ".join(f"{plugin.distribution} {plugin.version}" for plugin in candidates)
            fix = f"uninstall one: pip uninstall {candidates[-1].distribution}"
            raise PluginError(f"two distributions offer the plugin '{name}': {whose}", code="broken_plugin", fix=fix)
        return candidates[0]

    def _not_installed(self, name: str) -> PluginError:
        known = [plugin.name for plugin in self._installed]
        near = difflib.get_close_matches(name, known, n=1)
        install = f"pip install crossdock-{name.replace('_', '-')}"
        return PluginError(
            f"the plugin '{name}' is not installed",
            code="unknown_plugin",
            fix=f"write `{near[0]}`" if near else install,  # a slip must not lead to a stranger's package
            valid=f"installed plugins: {', '.join(known) or 'none'}",
        )

    def _find(self, kind: KindName, use: str) -> Any:
        name, dot, rest = use.partition(".")
        if kind == "mapper" and not dot and use in self._own_mappers:
            return self._own_mappers[use]
        if kind == "mapper" and not dot and name not in {plugin.name for plugin in self._installed}:
            raise self._unknown_own_mapper(use)
        plugin = self.load(name)
        word = rest if dot else name if kind == "connection" else ""
        found = plugin.components[kind].get(word)
        if found is None:
            raise _unknown(plugin, kind, use, word)
        return found

    def _unknown_own_mapper(self, use: str) -> ConfigError:
        near = difflib.get_close_matches(use, self._own_mappers, n=1)
        fix = f"write `use: {near[0]}`" if near else "write `use: PLUGIN.MAPPER`"
        valid = f"core maps with: {', '.join(sorted(self._own_mappers))}" if self._own_mappers else None
        return ConfigError(f"core has no mapper '{use}'", code="unknown_component", fix=fix, valid=valid)


def _or_nothing(plugin: Plugin) -> list[Any]:
    try:
        return plugin.simulators()
    except PluginError:  # its extra is not installed
        return []


def _uses(plugin: Plugin, kind: KindName) -> list[str]:
    bare = {plugin.name} if kind == "connection" else set()
    return [name if name in bare else f"{plugin.name}.{name}" for name in sorted(plugin.components[kind])]


def _unknown(plugin: Plugin, kind: KindName, use: str, word: str) -> ConfigError:
    noun = KINDS[kind].noun
    uses = _uses(plugin, kind)
    offered = ", ".join(uses) if kind == "connection" else ", ".join(sorted(plugin.components[kind]))
    valid = f"{plugin.name} {plugin.info.version} {KINDS[kind].verb}: {offered or 'nothing'}"
    near = difflib.get_close_matches(word, plugin.components[kind], n=1, cutoff=0.6)
    fix = f"write `use: {plugin.name}.{near[0]}`" if near else _fix_without_namesake(plugin, kind, uses)
    others = [other.noun for other in KINDS.values() if word and word in plugin.components[other.name]]
    if others:
        article = "an" if others[0][0] in "aeiou" else "a"
        message = f"{use} is {article} {others[0]}, not {'an' if noun[0] in 'aeiou' else 'a'} {noun}"
        return ConfigError(message, code="wrong_kind", valid=valid, fix=fix)
    if not word:
        return ConfigError(f"'{use}' names a plugin, not a {noun} of it", code="wrong_kind", valid=valid, fix=fix)
    return ConfigError(f"{plugin.name} has no {noun} '{word}'", code="unknown_component", valid=valid, fix=fix)


def _fix_without_namesake(plugin: Plugin, kind: KindName, uses: list[str]) -> str:
    if len(uses) == 1:
        return f"write `use: {uses[0]}`"
    if uses:
        return f"name one of these: {', '.join(uses)}"
    return f"{plugin.name} has no {KINDS[kind].plural}: use one of another plugin"
