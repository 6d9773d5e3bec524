from __future__ import annotations

import pytest

from crossdock.errors import PluginError
from crossdock.registry import Registry

ORDERS = "@hookimpl\ndef register_sources(): return [Orders]\n"


def offering(what: str, hook: str = "sources", before: str = "") -> str:
    return f"{before}\n@hookimpl\ndef register_{hook}(): return {what}\n"


def bad(base: str, body: str, hook: str) -> str:
    return offering("[Bad]", hook, f"class Bad({base}):\n" + "".join(f"    {line}\n" for line in body.split("; ")))


UNFINISHED = "name = 'bad'; entity = 'x'"
UNTYPED = "name = 'bad'; def map(self, document, context): ..."
UNCONNECTED = "name = 'bad'; kind = 'post'; def plan(self, d, k): ...; def receipt(self, e, a): ..."


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import a_module_that_is_not_there", "cannot be imported: ModuleNotFoundError: No module named 'a_module"),
        ("raise SystemExit(3)", "cannot be imported: SystemExit: 3"),
        ("def f(:\n", "cannot be imported: SyntaxError"),
        (offering("{}['x']"), "failed in register_sources: KeyError: 'x'"),
        (offering("Orders"), "register_sources returned ModelMetaclass where a list is expected"),
        (offering("'orders'"), "register_sources returned str where a list is expected"),
        (offering("[Orders, Orders]"), "register_sources offers two sources named 'orders'"),
        (offering("[Notes]"), "offers Notes, which is no Source class"),
        (offering("[Orders(), 3]"), "which is no Source class"),
        (offering("[Orders]", "source"), "does not fit the hooks"),
        ("@hookimpl\ndef register_sources(config): return [Orders]\n", "does not fit the hooks"),
        ("def register_sources(): return [Orders]\n", "offers nothing"),
        (offering("[]"), "offers nothing"),
        (bad("Orders", "name = 'Has Spaces'", "sources"), "has no usable `name`"),
        (bad("Orders", "entity = None", "sources"), "set `entity`"),
        (bad("Turn", "use: str", "mappers"), "has a setting named use"),
        (bad("Notes", "attempts: int = 3", "sinks"), "has a setting named attempts"),
        (bad("Notes", "kind = 'maybe'", "sinks"), "does not say its kind"),
        (bad("Notes", "bulk = 0", "sinks"), "no whole number from 1"),
        (bad("Notes", "bulk = 9", "sinks"), "has no `bundle` that puts them together"),
        (bad("Notes", "bulk = 0", "sinks"), "says a `bulk`"),
        (bad("Source[Shop, Order]", UNFINISHED, "sources"), "lacks read, to_document"),
        (bad("Mapper", UNTYPED, "mappers"), "does not say its types"),
        (bad("Sink[Any, Order]", UNCONNECTED, "sinks"), "names no connection class"),
    ],
)
def test_broken_plugin_is_named_with_distribution_version_and_reason(install, source, reason):
    install("shop", source)

    with pytest.raises(PluginError) as raised:
        Registry().load("shop")

    assert raised.value.code == "broken_plugin"
    assert raised.value.message.startswith("the plugin shop (crossdock-shop 1.2.3) is broken: ")
    assert reason in raised.value.message
    assert raised.value.facts["distribution"] == "crossdock-shop"
    assert raised.value.facts["version"] == "1.2.3"


def test_broken_plugin_is_not_imported_again(install, tmp_path):
    install("shop", f"import os\nos.mkdir({str(tmp_path / 'made')!r})\nraise RuntimeError('the first time')\n")
    registry = Registry()

    for _ in range(2):
        with pytest.raises(PluginError, match="the first time"):
            registry.load("shop")


def test_simulators_are_imported_only_when_they_are_asked_for(install):
    install("shop", ORDERS + "@hookimpl\ndef register_simulators():\n  import a_module_of_an_extra\n")
    registry = Registry()

    plugin = registry.load("shop")

    assert registry.simulators().get("shop") is None
    with pytest.raises(PluginError, match="failed in register_simulators"):
        plugin.simulators()


def test_plugin_without_optional_hooks_offers_none_of_them(install):
    install("shop", ORDERS)

    plugin = Registry().load("shop")

    assert (plugin.simulators(), plugin.checks(), plugin.commands()) == ([], [], [])
