"""The kit's own plugin, as every plugin author uses it."""

from __future__ import annotations

pytest_plugins = ["crossdock.testing.plugin"]
