"""One loaded plugin: imported, its hooks called once, what they returned looked over."""

from __future__ import annotations

import importlib
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import click
import pluggy

from crossdock.contract import hookspecs
from crossdock.errors import PluginError
from crossdock.registry.installed import GROUP, InstalledPlugin
from crossdock.registry.kinds import KINDS, Kind, KindName, find_flaw

_WORD = re.compile(r"[a-z][a-z0-9_-]*")

Components = Mapping[KindName, Mapping[str, type[Any]]]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that can be used, and its components by kind and name."""

    info: InstalledPlugin
    components: Components
    hooks: pluggy.HookRelay = field(repr=False)

    @property
    def name(self) -> str:
        """Its word in `use:`."""
        return self.info.name

    def simulators(self) -> list[Any]:
        """The stand-ins it offers; imports them. Raises: PluginError."""
        return _call(self.info, self.hooks, "register_simulators")

    def checks(self) -> list[Any]:
        """The symptoms that `doctor` can look for. Raises: PluginError."""
        return _call(self.info, self.hooks, "register_checks")

    def commands(self) -> list[Any]:
        """The commands of its own. Raises: PluginError."""
        offered = _call(self.info, self.hooks, "register_commands")
        for command in offered:
            _check_command(self.info, command)
        return offered


def load_plugin(info: InstalledPlugin, given: ModuleType | None = None) -> Plugin:
    """Import a plugin and ask what it offers. Raises: PluginError, naming plugin, distribution, version and reason."""
    module = given if given is not None else _guarded(info, "cannot be imported", importlib.import_module, info.module)
    hooks = _guarded(info, "does not fit the hooks", _register, module, info.name)
    components = {kind.name: _offered(info, hooks, kind) for kind in KINDS.values()}
    if not any(components.values()) and not hooks.register_commands.get_hookimpls():
        raise _broken(
            info, f"offers nothing: {module.__name__} has no function marked with @hookimpl that returns something"
        )
    return Plugin(info, components, hooks)


def _register(module: ModuleType, name: str) -> pluggy.HookRelay:
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(module, name)
    manager.check_pending()  # a misspelt hook would otherwise never be called
    return manager.hook


def _offered(info: InstalledPlugin, hooks: pluggy.HookRelay, kind: Kind) -> dict[str, type[Any]]:
    found: dict[str, type[Any]] = {}
    for offered in _call(info, hooks, kind.hook):
        flaw = _guarded(info, f"offers a broken {kind.noun}", find_flaw, kind, offered)
        label = getattr(offered, "__name__", repr(type(offered).__name__))
        if flaw is not None:
            raise _broken(info, f"{kind.hook} offers {label}, which {flaw}")
        if offered.name in found:
            raise _broken(info, f"{kind.hook} offers two {kind.plural} named '{offered.name}'")
        found[offered.name] = offered
    return found


def _check_command(info: InstalledPlugin, command: Any) -> None:
    # No dot and no dash in front: the word must be found by `PLUGIN.COMMAND`, and be no option.
    if not isinstance(command, click.Command) or not _WORD.fullmatch(command.name or ""):
        label = getattr(command, "name", None) or type(command).__name__
        raise _broken(info, f"register_commands offers {label}, which is no click command named by a lower-case word")


def _call(info: InstalledPlugin, hooks: pluggy.HookRelay, hook: str) -> list[Any]:
    results = _guarded(info, f"failed in {hook}", getattr(hooks, hook))
    offered: list[Any] = []
    for result in results:
        if not isinstance(result, Sequence) or isinstance(result, str):
            raise _broken(info, f"{hook} returned {type(result).__name__} where a list is expected")
        offered.extend(result)
    return offered


def _guarded(info: InstalledPlugin, what: str, do: Callable[..., Any], *args: Any) -> Any:
    try:
        return do(*args)
    except PluginError:
        raise
    except (Exception, SystemExit) as error:  # whatever a stranger's code does, it stops only its own pipelines
        raise _broken(info, f"{what}: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno})" if frames else ""
    told = str(error).strip().splitlines()
    return f"{type(error).__name__}: {told[0]}{where}" if told else f"{type(error).__name__}{where}"


def _broken(info: InstalledPlugin, reason: str) -> PluginError:
    return PluginError(
        f"the plugin {info} is broken: {reason}",
        code="broken_plugin",
        fix=f"upgrade or reinstall {info.distribution}, or report this to its author",
        plugin=info.name,
        distribution=info.distribution,
        version=info.version,
        reason=reason,
    )
