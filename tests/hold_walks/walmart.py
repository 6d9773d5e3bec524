"""What Walmart holds: acknowledgements and tracking on their way back."""

from __future__ import annotations

from typing import Any

from hold_walks import Step, walks
from hold_walks.world import ACKNOWLEDGE, CREATE, MUGS, SEVERAL, TRACKING, World


@walks("walmart", "unknown_carrier")
def unknown_carrier(world: World) -> Step:
    order = world.accepted()
    world.dispatch(order, "1Z5", carrier="Pony Parcels")
    world.run(*TRACKING)
    yield
    world.track(order, carrier="UPS")
    world.run(*TRACKING)


@walks("walmart", "cancel_requested")
def cancel_requested_after(world: World) -> Step:
    order = world.accepted()
    world.walmart.control("cancel", {"purchase_order_id": order, "intent": True})
    world.dispatch(order, "1Z5")
    world.run(*TRACKING)
    yield
    world.resolve("ship")
    world.run(*TRACKING)


@walks("walmart", "cancelled_but_shipped")
def cancelled_but_shipped(world: World) -> Step:
    order = world.accepted(SEVERAL)
    world.walmart.control("cancel", {"purchase_order_id": order, "lines": ["2"]})
    world.dispatch(order, "1Z5")
    world.run(*TRACKING)
    yield
    world.resolve("leave_out")
    world.run(*TRACKING)


@walks("walmart", "lines_edited")
def lines_edited(world: World) -> Step:
    order = world.accepted()
    world.staff_edits(order, [{"sku": "KET-BLU", "quantity": 2}])
    world.dispatch(order, "1Z5")
    world.run(*TRACKING)
    yield
    world.resolve("done")
    world.run(*TRACKING)


@walks("walmart", "edit_window_over")
def edit_window_over(world: World) -> Step:
    order = world.accepted()
    world.dispatch(order, "1Z5")
    world.run(*TRACKING)
    world.walmart.control("deliver", {"purchase_order_id": order})
    world.track(order, number="1Z6")
    world.run(*TRACKING)
    yield
    world.resolve("done")
    world.run(*TRACKING)


def change(world: World, order: str, **members: Any) -> None:
    """Something changes in an order at Walmart."""
    world.walmart.control("change", {"purchase_order_id": order, "order": members})


def lines_of(world: World, order: str) -> list[Any]:
    """The lines of an order at Walmart, as they are, to be changed."""
    lines: list[Any] = world.walmart.book.draft(world.walmart.book.one(order))["orderLines"]["orderLine"]
    return lines


@walks("walmart", "unknown_status")
def unknown_status(world: World) -> Step:
    order = world.place()
    world.run(*CREATE)
    world.move(order, "IN_QUARANTINE", force=True)
    world.run(*ACKNOWLEDGE)
    yield
    world.move(order, "AWAITING_PICK_AND_PACK", force=True)
    world.run(*ACKNOWLEDGE)


@walks("walmart", "permission_missing")
def permission_missing(world: World) -> Step:
    scopes = {"orders": "view_only"}
    world.place()
    world.run(*CREATE)
    world.walmart.control("settings", {"scopes": scopes})
    world.run(*ACKNOWLEDGE)
    yield
    world.walmart.control("settings", {"scopes": {"orders": "full_access"}})
    world.run(*ACKNOWLEDGE)


@walks("walmart", "acknowledgement_refused")
def acknowledgement_refused(world: World) -> Step:
    """A person marked one line as shipped in Seller Center, and left the other as it was."""
    order = world.place(SEVERAL)
    world.run(*CREATE)
    lines = lines_of(world, order)
    lines[0]["orderLineStatuses"]["orderLineStatus"][0]["status"] = "Shipped"
    change(world, order, orderLines={"orderLine": lines})
    world.run(*ACKNOWLEDGE)
    yield
    lines[1]["orderLineStatuses"]["orderLineStatus"][0]["status"] = "Acknowledged"
    change(world, order, orderLines={"orderLine": lines})
    world.run(*ACKNOWLEDGE)


@walks("walmart", "order_not_found")
def order_not_found(world: World) -> Step:
    order = world.place()
    world.run(*CREATE)
    nothing = {"errors": {"error": [{"code": "CONTENT_NOT_FOUND.GMP_ORDER_API", "field": "data"}]}}
    fault = {"method": "GET", "path": f"/v3/orders/{order}", "status": 404, "body": nothing, "times": 9}
    world.walmart.control("faults", fault)
    world.run(*ACKNOWLEDGE)
    yield
    world.walmart.faults.clear()
    world.run(*ACKNOWLEDGE)


@walks("walmart", "order_not_understood")
def order_not_understood(world: World) -> Step:
    order = world.place()
    world.run(*CREATE)
    right, wrong = lines_of(world, order), lines_of(world, order)
    wrong[0]["orderLineQuantity"]["amount"] = "1"  # two of them have a status
    change(world, order, orderLines={"orderLine": wrong})
    world.run(*ACKNOWLEDGE)
    yield
    change(world, order, orderLines={"orderLine": right})
    world.run(*ACKNOWLEDGE)


@walks("walmart", "line_not_found")
def line_not_found(world: World) -> Step:
    order = world.accepted(SEVERAL)
    lines = lines_of(world, order)
    change(world, order, orderLines={"orderLine": lines[:1]})
    world.dispatch(order, "1Z5")
    world.run(*TRACKING)
    yield
    change(world, order, orderLines={"orderLine": lines})
    world.run(*TRACKING)


@walks("walmart", "lines_not_linked")
def lines_not_linked(world: World) -> Step:
    """The order was entered by hand under a reference of its own, and a person said so without its lines."""
    world.edit(("          default_warehouse: Sydney DC\n", ""))
    order = world.place()
    world.run(*CREATE)
    entered = world.enter("PHONE-7", MUGS)
    world.resolve("done", "--id", entered)
    world.run(*CREATE)
    world.run(*ACKNOWLEDGE)
    world.dispatch("PHONE-7", "1Z5")
    world.run(*TRACKING)
    yield
    (line,) = lines_of(world, order)
    world.call("links", "lines", order, "--line", line["lineNumber"], "MUG-01", "2")
    world.run(*TRACKING)


@walks("walmart", "quantities_do_not_add_up")
def quantities_do_not_add_up(world: World) -> Step:
    order = world.accepted()
    world.dispatch(order, "1Z5", lines=[{"sku": "MUG-01", "quantity": 1.5}])
    world.track(order, number="1Z6", carrier="UPS", add=True, lines=[{"sku": "MUG-01", "quantity": 0.5}])
    world.run(*TRACKING)
    yield
    for package in (1, 2):
        world.track(order, package=package, lines=[{"sku": "MUG-01", "quantity": 1}])
    world.run(*TRACKING)


@walks("walmart", "package_changed")
def package_changed(world: World) -> Step:
    order = world.accepted()
    world.dispatch(order, "1Z5", lines=MUGS)
    world.run(*TRACKING)
    world.track(order, package=1, lines=[{"sku": "MUG-01", "quantity": 1}])
    world.track(order, number="1Z6", carrier="UPS", add=True, lines=[{"sku": "MUG-01", "quantity": 1}])
    world.run(*TRACKING)
    yield
    world.track(order, package=1, lines=MUGS)
    world.track(order, package=2, status="CANCELLED")
    world.run(*TRACKING)
