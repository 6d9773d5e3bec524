"""What Walmart holds: acknowledgements and tracking on their way back."""

from __future__ import annotations

from hold_walks import Step, walks
from hold_walks.site import MUGS, SEVERAL
from hold_walks.world import ACKNOWLEDGE, CREATE, TRACKING, World


@walks("walmart", "unknown_carrier")
def unknown_carrier(world: World) -> Step:
    order = world.accepted()
    world.dispatch(order, "1Z5", carrier="Pony Parcels")
    world.run(*TRACKING)
    yield
    world.track(order, carrier="UPS")
    world.run(*TRACKING)


def asked_to_cancel(world: World) -> str:
    """An order that left although its buyer had asked to cancel it."""
    order = world.accepted()
    world.walmart.control("cancel", {"purchase_order_id": order, "intent": True})
    world.dispatch(order, "1Z5")
    world.run(*TRACKING)
    return order


@walks("walmart", "cancel_requested")
def cancel_requested(world: World) -> Step:
    order = asked_to_cancel(world)
    yield
    world.refuse_cancellation(order)
    world.run(*TRACKING)


@walks("walmart", "cancel_requested", by="ship")
def cancel_requested_and_shipped(world: World) -> Step:
    asked_to_cancel(world)
    yield
    world.resolve("ship")
    world.run(*TRACKING)


def shipped_although_cancelled(world: World) -> str:
    order = world.accepted(SEVERAL)
    world.walmart.control("cancel", {"purchase_order_id": order, "lines": ["2"]})
    world.dispatch(order, "1Z5")
    world.run(*TRACKING)
    return order


@walks("walmart", "cancelled_but_shipped")
def cancelled_but_shipped(world: World) -> Step:
    """The goods are called back, and what is left leaves again."""
    order = shipped_although_cancelled(world)
    yield
    world.dispatch_anew(order, SEVERAL[1:])
    world.run(*TRACKING)


@walks("walmart", "cancelled_but_shipped", by="leave_out")
def cancelled_but_shipped_and_left_out(world: World) -> Step:
    shipped_although_cancelled(world)
    yield
    world.resolve("leave_out")
    world.run(*TRACKING)


def edited(world: World) -> str:
    order = world.accepted()
    world.staff_edits(order, [{"sku": "KET-BLU", "quantity": 2}])
    world.dispatch(order, "1Z5")
    world.run(*TRACKING)
    return order


@walks("walmart", "lines_edited")
def lines_edited(world: World) -> Step:
    order = edited(world)
    yield
    world.dispatch_anew(order, MUGS)
    world.run(*TRACKING)


@walks("walmart", "lines_edited", by="links")
def lines_edited_and_linked(world: World) -> Step:
    order = edited(world)
    yield
    world.call("links", "lines", order, "--line", world.lines(order)[0]["lineNumber"], "KET-BLU", "2")
    world.run(*TRACKING)


def tracked_too_late(world: World) -> str:
    """An order that its buyer had before its tracking number was changed."""
    order = world.accepted()
    world.dispatch(order, "1Z5")
    world.run(*TRACKING)
    world.walmart.control("deliver", {"purchase_order_id": order})
    world.track(order, number="1Z6")
    world.run(*TRACKING)
    return order


@walks("walmart", "edit_window_over", made=0)
def edit_window_over(world: World) -> Step:
    order = tracked_too_late(world)
    yield
    world.track(order, number="1Z5")
    world.run(*TRACKING)


@walks("walmart", "edit_window_over", made=0, by="done")
def edit_window_over_and_told_by_hand(world: World) -> Step:
    tracked_too_late(world)
    yield
    world.resolve("done")
    world.run(*TRACKING)


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


@walks("walmart", "acknowledgement_refused", made=0)
def acknowledgement_refused(world: World) -> Step:
    """A person marked one line as shipped in Seller Center, and left the other as it was."""
    order = world.place(SEVERAL)
    world.run(*CREATE)
    lines = world.lines(order)
    lines[0]["orderLineStatuses"]["orderLineStatus"][0]["status"] = "Shipped"
    world.change_lines(order, lines)
    world.run(*ACKNOWLEDGE)
    yield
    lines[1]["orderLineStatuses"]["orderLineStatus"][0]["status"] = "Acknowledged"
    world.change_lines(order, lines)
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
    right, wrong = world.lines(order), world.lines(order)
    wrong[0]["orderLineQuantity"]["amount"] = "1"  # two of them have a status
    world.change_lines(order, wrong)
    world.run(*ACKNOWLEDGE)
    yield
    world.change_lines(order, right)
    world.run(*ACKNOWLEDGE)


@walks("walmart", "line_not_found")
def line_not_found(world: World) -> Step:
    order = world.accepted(SEVERAL)
    lines = world.lines(order)
    world.change_lines(order, lines[:1])
    world.dispatch(order, "1Z5")
    world.run(*TRACKING)
    yield
    world.change_lines(order, lines)
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
    (line,) = world.lines(order)
    world.call("links", "lines", order, "--line", line["lineNumber"], "MUG-01", "2")
    world.run(*TRACKING)


@walks("walmart", "quantities_do_not_add_up", made=2)
def quantities_do_not_add_up(world: World) -> Step:
    order = world.accepted()
    world.dispatch(order, "1Z5", lines=[{"sku": "MUG-01", "quantity": 1.5}])
    world.track(order, number="1Z6", carrier="UPS", add=True, lines=[{"sku": "MUG-01", "quantity": 0.5}])
    world.run(*TRACKING)
    yield
    for package in (1, 2):
        world.track(order, package=package, lines=[{"sku": "MUG-01", "quantity": 1}])
    world.run(*TRACKING)


@walks("walmart", "package_changed", made=0)
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
