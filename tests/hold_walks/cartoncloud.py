"""What the warehouse holds: orders on their way in."""

from __future__ import annotations

from typing import Any

from crossdock_wms_cartoncloud.simulator.settings import ROLES
from hold_walks import Step, walks
from hold_walks.site import MUGS, SEVERAL
from hold_walks.world import CREATE, TENANT, TRACKING, World


def setting(world: World, wrong: dict[str, Any], right: dict[str, Any]) -> Step:
    """Something of the tenant is not as it must be, and then is."""
    world.place()
    world.settings(**wrong)
    world.run(*CREATE)
    yield
    world.settings(**right)
    world.run(*CREATE)


@walks("wms_cartoncloud", "customer_unknown")
def customer_unknown(world: World) -> Step:
    yield from setting(world, {"customers": ["Second Seller"]}, {"customers": ["Acme Trading", "Second Seller"]})


@walks("wms_cartoncloud", "warehouse_unknown")
def warehouse_unknown(world: World) -> Step:
    yield from setting(world, {"warehouses": ["Main"]}, {"warehouses": ["Sydney DC", "Main"]})


@walks("wms_cartoncloud", "unknown_sku")
def unknown_sku(world: World) -> Step:
    yield from setting(world, {"catalogue": "listed", "unknown_product": "422"}, {"catalogue": "any"})


@walks("wms_cartoncloud", "rejected_by_warehouse", made=0)
def rejected_by_warehouse(world: World) -> Step:
    world.settings(stock="reject_order")
    order = world.place()
    world.run(*CREATE)
    yield
    world.settings(stock="unlimited")
    world.move(order, "AWAITING_PICK_AND_PACK")
    world.run(*CREATE)


@walks("wms_cartoncloud", "cancelled_too_late")
def cancelled_too_late(world: World) -> Step:
    order = world.accepted()
    world.move(order, "PACKING_IN_PROGRESS")
    world.walmart.control("cancel", {"purchase_order_id": order})
    world.run(*CREATE)
    yield
    world.move(order, "AWAITING_PICK_AND_PACK", reset=True)
    world.run(*CREATE)


@walks("wms_cartoncloud", "cancelled_not_deletable")
def cancelled_not_deletable(world: World) -> Step:
    order = world.accepted()
    world.settings(delete_statuses=[])
    world.walmart.control("cancel", {"purchase_order_id": order})
    world.run(*CREATE)
    yield
    world.settings(delete_statuses=["AWAITING_PICK_AND_PACK"])
    world.run(*CREATE)


@walks("wms_cartoncloud", "cancelled_after_creation", made=0)
def cancelled_after_creation(world: World) -> Step:
    order = world.accepted(SEVERAL)
    world.walmart.control("cancel", {"purchase_order_id": order, "lines": ["2"]})
    world.run(*CREATE)
    yield
    world.staff_edits(order, SEVERAL[1:])
    world.run(*CREATE)


@walks("wms_cartoncloud", "unmapped_node")
def unmapped_node(world: World) -> Step:
    world.edit(("          default_warehouse: Sydney DC\n", "          # none\n"))
    world.place()
    world.run(*CREATE)
    yield
    world.edit(("          # none\n", "          default_warehouse: Sydney DC\n"))
    world.run(*CREATE)


def asked_to_cancel(world: World) -> str:
    order = world.place()
    world.walmart.control("cancel", {"purchase_order_id": order, "intent": True})
    world.run(*CREATE)
    return order


@walks("wms_cartoncloud", "cancel_requested")
def cancel_requested(world: World) -> Step:
    order = asked_to_cancel(world)
    yield
    world.refuse_cancellation(order)
    world.run(*CREATE)


@walks("wms_cartoncloud", "cancel_requested", by="send")
def cancel_requested_and_sent(world: World) -> Step:
    asked_to_cancel(world)
    yield
    world.resolve("send")
    world.run(*CREATE)


@walks("wms_cartoncloud", "out_of_stock")
def out_of_stock(world: World) -> Step:
    world.settings(stock="422")
    world.place()
    world.run(*CREATE)
    yield
    here = {"sku": "MUG-01", "quantity": 2, "warehouse": "Sydney DC", "customer": "Acme Trading"}
    world.warehouse.control("stock", {"stock": [here], "tenant": TENANT})
    world.run(*CREATE)


@walks("wms_cartoncloud", "lines_differ", made=0)
def lines_differ(world: World) -> Step:
    world.settings(stock="drop_line")
    enough = {"sku": "MUG-01", "quantity": 2, "warehouse": "Sydney DC", "customer": "Acme Trading"}
    world.warehouse.control("stock", {"stock": [enough], "tenant": TENANT})
    order = world.place(SEVERAL)
    world.run(*CREATE)
    yield
    world.staff_edits(order, SEVERAL)
    world.run(*CREATE)


@walks("wms_cartoncloud", "reference_differs", made=0)
def reference_differs(world: World) -> Step:
    world.settings(reference_prefix="WEB-")
    order = world.place()
    world.run(*CREATE)
    world.run(*CREATE)  # looked at again meanwhile: it must not be made again
    yield
    world.warehouse.control(f"edit/WEB-{order}", {"reference": order})
    world.run(*CREATE)


@walks("wms_cartoncloud", "permission_missing")
def permission_missing(world: World) -> Step:
    """Sale orders may be read, and consignments, which the import would generate, may not be made."""
    world.settings(consignments="import", roles=[role for role in ROLES if role != "TMS Create Jobs"])
    world.place()
    world.run(*CREATE)
    yield
    world.settings(roles=list(ROLES))
    world.run(*CREATE)


@walks("wms_cartoncloud", "permission_missing")
def permission_missing_to_look(world: World) -> Step:
    """The role was taken away from an API client that had it."""
    world.place()
    world.run(*CREATE)
    world.place()
    world.settings(roles=["TMS View Jobs"])
    world.run(*CREATE)
    yield
    world.settings(roles=list(ROLES))
    world.run(*CREATE)


def tenant_gone(world: World) -> Step:
    """The tenant moved, or was closed, after it was used: before, the run itself refuses."""
    world.place()
    world.run(*CREATE)
    world.place()
    world.settings(tenants=["9c7f21c5-0f6c-4f0c-bb6a-41b1f9a1b0a4"])
    world.run(*CREATE)
    yield
    world.settings(tenants=None)
    world.run(*CREATE)


@walks("wms_cartoncloud", "tenant_unknown")
def tenant_unknown(world: World) -> Step:
    yield from tenant_gone(world)


@walks("wms_cartoncloud", "tenant_unknown")
def tenant_unknown_where_duplicates_are_refused(world: World) -> Step:
    world.edit(("duplicates: probe", "duplicates: reject"))
    yield from tenant_gone(world)


@walks("wms_cartoncloud", "duplicate_differs", made=0)
def duplicate_differs(world: World) -> Step:
    world.edit(("duplicates: probe", "duplicates: reject"))
    order = world.place()
    world.enter(order, SEVERAL)
    world.run(*CREATE)
    yield
    world.staff_edits(order, MUGS)
    world.run(*CREATE)


@walks("wms_cartoncloud", "duplicate_unidentified", made=0)
def duplicate_unidentified(world: World) -> Step:
    world.edit(("duplicates: probe", "duplicates: reject"))
    order = world.place()
    world.enter(order, MUGS)
    hidden = {"method": "GET", "path": "/tenants/*/outbound-orders/*", "status": 403, "body": [], "times": 9}
    world.warehouse.control("faults", hidden)
    world.run(*CREATE)
    yield
    world.warehouse.faults.clear()
    world.run(*CREATE)


def changed(world: World, order: str, wrong: dict[str, Any], right: dict[str, Any]) -> Step:
    """Something of the order is not as it must be, until it is corrected in the channel."""
    world.change(order, wrong)
    world.run(*CREATE)
    yield
    world.change(order, right)
    world.run(*CREATE)


def address(**members: Any) -> dict[str, Any]:
    return {"shippingInfo": {"postalAddress": members}}


@walks("wms_cartoncloud", "address_incomplete")
def address_incomplete(world: World) -> Step:
    yield from changed(world, world.place(), address(name=None), address(name="Sample Buyer"))


@walks("wms_cartoncloud", "address_refused")
def address_refused(world: World) -> Step:
    yield from changed(world, world.place(), address(country="ZZ"), address(country="USA"))


@walks("wms_cartoncloud", "unknown_fulfilment")
def unknown_fulfilment(world: World) -> Step:
    """Lists leave such an order out; a person asked for it by its number."""
    order = world.place()
    world.change(order, {"shipNode": {"type": "NewKindOfNode"}})
    world.run(*CREATE, key=order)
    yield
    world.change(order, {"shipNode": {"type": "SellerFulfilled"}})
    world.run(*CREATE)


@walks("wms_cartoncloud", "unknown_line_status")
def unknown_line_status(world: World) -> Step:
    order = world.place()
    right, wrong = world.lines(order), world.lines(order)
    wrong[0]["orderLineStatuses"]["orderLineStatus"][0]["status"] = "Pondered"
    world.change_lines(order, wrong)
    world.run(*CREATE)
    yield
    world.change_lines(order, right)
    world.run(*CREATE)


@walks("wms_cartoncloud", "dispatched_without_lines")
def dispatched_without_lines(world: World) -> Step:
    order = world.accepted()
    world.dispatch(order, "1Z5")
    (wire,) = world.warehouse.control("state")["sale_orders"]
    bare = [{**wire, "items": []}]
    hidden = {"method": "POST", "path": "/tenants/*/outbound-orders/search", "status": 200, "body": bare, "times": 9}
    world.warehouse.control("faults", hidden)
    world.run(*TRACKING)
    yield
    world.warehouse.faults.clear()
    world.run(*TRACKING)
