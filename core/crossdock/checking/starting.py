"""A definition to start from, written from what the installed components say of themselves: it knows no vendor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from crossdock.checking.flow import find_mappers, fits
from crossdock.checking.starting_settings import Blanks, settings_lines, summary
from crossdock.contract.component import Component, type_arguments
from crossdock.contract.connection import Connection
from crossdock.errors import ConfigError
from crossdock.registry import Registry


@dataclass(frozen=True, slots=True)
class Way:
    """A source, a sink, and what turns documents of the one into documents of the other."""

    source: str
    sink: str
    mapper: str | None

    @property
    def name(self) -> str:
        """What the pipeline is called."""
        return f"{self.source.rpartition('.')[2]}_to_{self.sink.rpartition('.')[2]}"


@dataclass(frozen=True, slots=True)
class Start:
    """A definition's text, and what must be set before it passes `check`."""

    text: str
    variables: tuple[str, ...]
    secrets: tuple[str, ...]


def write_start(registry: Registry, origin: str, target: str | None, *, both: bool, now: datetime) -> Start:
    """A commented definition from one plugin to another; `PLUGIN.COMPONENT` names a source or sink exactly.

    Raises: PluginError; ConfigError where there is no way between them.
    """
    for word in (origin, target):
        if word is not None:
            registry.load(word.partition(".")[0])
    ways = [] if target is None else _ways(registry, origin, target)
    if both and target is not None:
        ways += _ways(registry, target.partition(".")[0], origin.partition(".")[0])
    plugins = list(dict.fromkeys(word.partition(".")[0] for word in (origin, target) if word is not None))
    writer = _Writer(registry, Blanks(now))
    return writer.write(plugins, ways)


def _ways(registry: Registry, origin: str, target: str) -> list[Way]:
    if "." in origin:
        registry.source(origin)  # says what was meant where there is none
    if "." in target:
        registry.sink(target)
    sources = _named(registry.names("source"), origin)
    sinks = _named(registry.names("sink"), target)
    ways = [way for source, sink in product(sources, sinks) if (way := _way(registry, source, sink)) is not None]
    if not ways:
        raise ConfigError(
            f"nothing of {origin} can go to {target}",
            code="types_do_not_meet",
            valid=f"{origin} reads: {', '.join(sources) or 'nothing'}; {target} takes: {', '.join(sinks) or 'nothing'}",
            fix="name two plugins whose documents meet, the source first; `crossdock plugins show PLUGIN` tells",
        )
    return ways


def _named(uses: Sequence[str], word: str) -> list[str]:
    return [use for use in uses if use == word or use.partition(".")[0] == word]


def _way(registry: Registry, source: str, sink: str) -> Way | None:
    given = type_arguments(registry.source(source))[1]
    wanted = type_arguments(registry.sink(sink))[1]
    if fits(given, wanted):
        return Way(source, sink, None)
    plugins = {source.partition(".")[0], sink.partition(".")[0]}
    between = [use for use in find_mappers(given, wanted, registry) if use.partition(".")[0] in plugins]
    return Way(source, sink, between[0]) if between else None


@dataclass(slots=True)
class _Writer:
    registry: Registry
    blanks: Blanks
    lines: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """What each kind of account is called in the definition, by its `use:`."""

    def write(self, plugins: Sequence[str], ways: Sequence[Way]) -> Start:
        self.lines += [
            "# yaml-language-server: $schema=crossdock.schema.json",
            "# Lines that begin with # are settings with their defaults. `crossdock check` says what is missing.",
            "version: 1",
            "store: sqlite:crossdock.db",
            "",
            "connections:",
        ]
        self._name_connections(plugins, ways)
        for use, name in self.names.items():
            self._connection(use, name)
        if ways:
            self.lines += ["", "pipelines:"]
        for way in ways:
            self._pipeline(way)
        text = "\n".join(line.rstrip() for line in self.lines) + "\n"
        return Start(text, tuple(sorted(self.blanks.variables)), tuple(sorted(self.blanks.secrets)))

    def _name_connections(self, plugins: Sequence[str], ways: Sequence[Way]) -> None:
        """An account of each kind that is needed, named after its plugin; where it has several kinds, after its own."""
        components: list[tuple[str, type[Component]]] = [(way.source, self.registry.source(way.source)) for way in ways]
        components += [(way.sink, self.registry.sink(way.sink)) for way in ways]
        needed = [self._account_of(use, type_arguments(component)[0]) for use, component in components]
        for plugin in plugins:
            uses = list(dict.fromkeys(use for use in needed if use.partition(".")[0] == plugin))
            uses = uses or _named(self.registry.names("connection"), plugin)[:1]
            if not uses:
                raise ConfigError(f"{plugin} has no connection", fix=f"name another plugin than {plugin}")
            self.names |= {use: plugin if len(uses) == 1 else use.replace(".", "_") for use in uses}

    def _account_of(self, use: str, wanted: type[Connection]) -> str:
        """The kind of account that a component works on."""
        kinds = _named(self.registry.names("connection"), use.partition(".")[0])
        return next((kind for kind in kinds if issubclass(self.registry.connection(kind), wanted)), kinds[0])

    def _connection(self, use: str, name: str) -> None:
        model = self.registry.connection(use)
        self._add(2, [f"{name}:  # {summary(model)}", f"  use: {use}"])
        self._add(4, self._auth(name, use, model))
        skip = ("auth", "base_url") if model.is_local() else ("auth",)
        self._add(4, settings_lines(model, Connection, name, self.blanks, skip=skip))

    def _auth(self, plugin: str, use: str, model: type[Connection]) -> Iterator[str]:
        if not model.model_fields["auth"].is_required():
            return
        provider = next((name for name in self.registry.names("auth") if self._signs_in(name, use, model)), None)
        if provider is None:
            return
        kind = self.registry.auth(provider)
        yield "auth:"
        yield f"  use: {provider}"
        yield from (f"  {line}" for line in settings_lines(kind, kind.__base__ or kind, plugin, self.blanks))

    def _signs_in(self, name: str, use: str, model: type[Connection]) -> bool:
        kinds = model.auth_kinds
        return issubclass(self.registry.auth(name), kinds) if kinds else name.partition(".")[0] == use.partition(".")[0]

    def _pipeline(self, way: Way) -> None:
        source, sink = self.registry.source(way.source), self.registry.sink(way.sink)
        origin = self.names[self._account_of(way.source, type_arguments(source)[0])]
        target = self.names[self._account_of(way.sink, type_arguments(sink)[0])]
        self._add(2, [f"{way.name}:"])
        self._add(4, [f"from:  # {summary(source)}", f"  use: {way.source}", f"  connection: {origin}"])
        self._add(6, settings_lines(source, None, origin, self.blanks))
        self._add(4, ["every: 5m", f"to:  # {summary(sink)}", f"  use: {way.sink}", f"  connection: {target}"])
        self._add(6, settings_lines(sink, None, target, self.blanks))
        if way.mapper is not None:
            mapper = self.registry.mapper(way.mapper)
            self._add(6, ["map:", f"  - use: {way.mapper}  # {summary(mapper)}"])
            self._add(10, settings_lines(mapper, None, way.mapper.partition(".")[0], self.blanks))

    def _add(self, indent: int, lines: Sequence[str] | Iterator[str]) -> None:
        self.lines += [" " * indent + line for line in lines]
