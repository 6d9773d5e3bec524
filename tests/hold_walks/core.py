"""What core holds whatever the vendor: settings of a connection, expressions of the file."""

from __future__ import annotations

from hold_walks import Step, walks
from hold_walks.world import CREATE, World

MAPPER = "        - use: wms_cartoncloud.sale_order\n"


@walks("crossdock", "read_only")
def read_only(world: World) -> Step:
    world.edit(("    duplicates: probe\n", "    duplicates: probe\n    read_only: true\n"))
    world.place()
    world.run(*CREATE)
    yield
    world.edit(("    read_only: true\n", ""))
    world.run(*CREATE)


@walks("crossdock", "expression_failed")
def expression_failed(world: World) -> Step:
    wrong, right = ("$number_of(lines[0].sku) > 1", "$number_of(lines[0].quantity) > 1")
    world.edit((MAPPER, f"        - {{use: filter, when: '{wrong}', reason: several}}\n{MAPPER}"))
    world.place()
    world.run(*CREATE)
    yield
    world.edit((wrong, right))
    world.run(*CREATE)


@walks("crossdock", "no_route")
def no_route(world: World) -> Step:
    cases = "cases: [{name: all, when: \"market = 'ca'\"}]"
    world.edit((MAPPER, f"        - {{use: route, take: all, {cases}}}\n{MAPPER}"))
    world.place()
    world.run(*CREATE)
    yield
    world.edit(("market = 'ca'", "market = 'us'"))
    world.run(*CREATE)
