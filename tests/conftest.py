"""The kit's own plugin, as every plugin author uses it; and pytest's own, to test that."""

from __future__ import annotations

pytest_plugins = ["crossdock.testing.plugin", "pytester"]
