from __future__ import annotations

import sys

import pytest

from crossdock.contract.mapper import Mapper
from crossdock.errors import ConfigError, PluginError
from crossdock.registry import InstalledPlugin, Registry, installed


class Filter(Mapper[int, int]):
    name = "filter"

    def map(self, document, context):
        return document


def test_installed_names_plugins_without_importing_them(install):
    module = install("shop", "raise RuntimeError('imported')")

    assert InstalledPlugin("shop", "crossdock-shop", "1.2.3", module) in installed()
    assert module not in sys.modules


def test_registry_imports_only_the_plugin_that_is_named(install, shop):
    other = install("other", "raise RuntimeError('imported')")

    assert shop.source("shop.orders").name == "orders"
    assert other not in sys.modules


def test_registry_finds_each_kind_by_its_word(shop):
    assert shop.connection("shop").name == "shop"
    assert shop.sink("shop.notes").kind == "create"
    assert shop.mapper("shop.turn").name == "turn"
    assert shop.names("source") == ["shop.orders"]
    assert shop.names("connection") == ["shop"]


def test_registry_calls_the_hooks_of_a_plugin_once(install):
    module = install("shop", "CALLS = []\n@hookimpl\ndef register_sources(): CALLS.append(1); return [Orders]\n")
    registry = Registry()

    for _ in range(3):
        registry.source("shop.orders")

    assert sys.modules[module].CALLS == [1]


@pytest.mark.parametrize(
    ("kind", "use", "code", "message", "fix"),
    [
        ("source", "shop.order", "unknown_component", "shop has no source 'order'", "write `use: shop.orders`"),
        ("source", "shop.notes", "wrong_kind", "shop.notes is a sink, not a source", "write `use: shop.orders`"),
        ("source", "shop", "wrong_kind", "'shop' names a plugin, not a source of it", "write `use: shop.orders`"),
        ("connection", "shop.orders", "wrong_kind", "shop.orders is a source, not a connection", "write `use: shop`"),
        ("auth", "shop.key", "unknown_component", "shop has no auth provider 'key'", "shop has no auth providers: "),
        ("mapper", "shop.", "wrong_kind", "'shop.' names a plugin", "write `use: shop.turn`"),
        ("mapper", "filtre", "unknown_component", "core has no mapper 'filtre'", "write `use: filter`"),
        (
            "source",
            "shoop.orders",
            "unknown_plugin",
            "the plugin 'shoop' is not installed",
            "write `shop`",
        ),
        ("source", "erp_x.y", "unknown_plugin", "the plugin 'erp_x' is not installed", "pip install crossdock-erp-x"),
    ],
)
def test_registry_says_what_was_meant(shop, kind, use, code, message, fix):
    registry = Registry(mappers={"filter": Filter})

    with pytest.raises((ConfigError, PluginError)) as raised:
        getattr(registry, kind)(use)

    assert raised.value.code == code
    assert raised.value.message.startswith(message)
    assert raised.value.fix.startswith(fix)


def test_unknown_component_names_version_and_what_there_is(shop):
    with pytest.raises(ConfigError) as raised:
        shop.source("shop.order")

    assert raised.value.facts["valid"] == "shop 1.2.3 reads: orders"


def test_registry_has_cores_own_mappers_under_bare_names():
    registry = Registry(mappers={"filter": Filter}, discover=False)

    assert registry.mapper("filter") is Filter
    assert registry.names("mapper") == ["filter"]


def test_plugin_that_two_distributions_offer_is_refused_with_both_names(install):
    install("shop", "", distribution="crossdock-shop")
    install("shop", "", distribution="other-shop", version="9")

    with pytest.raises(PluginError, match=r"crossdock-shop 1\.2\.3 and other-shop 9"):
        Registry().load("shop")


def test_given_module_goes_before_an_installed_plugin(install, shop):
    module = sys.modules[type(shop.load("shop").components["source"]["orders"]).__module__]
    given = sys.modules[shop.source("shop.orders").__module__]
    registry = Registry(extra={"shop": given})

    assert module is not given
    assert registry.load("shop").info.distribution == given.__name__


def test_load_all_tells_broken_plugins_from_whole_ones(install, shop):
    install("broken", "raise RuntimeError('no')")

    outcomes = {type(plugin).__name__: plugin for plugin in Registry().load_all()}

    assert {"Plugin", "PluginError"} <= set(outcomes)
