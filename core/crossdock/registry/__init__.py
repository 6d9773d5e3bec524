"""Plugins: which are installed, what they offer, and what a definition's `use:` stands for."""

from crossdock.registry.installed import InstalledPlugin, installed
from crossdock.registry.kinds import KINDS, Kind, KindName
from crossdock.registry.plugin import Plugin
from crossdock.registry.registry import Registry

__all__ = ["KINDS", "InstalledPlugin", "Kind", "KindName", "Plugin", "Registry", "installed"]
