"""The life of a sale order: which status may follow which."""

from __future__ import annotations

from crossdock_wms_cartoncloud.simulator.settings import CartonCloudSettings

BEFORE = ("DRAFT", "AWAITING_STOCK", "REJECTED")
APPROVED = "AWAITING_PICK_AND_PACK"
FLOOR = (APPROVED, "PICKING_IN_PROGRESS", "PICKED", "PACKING_IN_PROGRESS", "PACKED", "DISPATCHED")


def forward(current: str, target: str, settings: CartonCloudSettings) -> list[str]:
    """The statuses that an order passes on its way, the last one being `target`.

    Raises: ValueError where the rules of the service know no such way.
    """
    if target not in (*BEFORE, *FLOOR):
        raise ValueError(f"{target} is no status of a sale order; with force it may be set nevertheless")
    if target == "PACKED" and not settings.packed_status:
        raise ValueError("PACKED is off; switch it on with the setting packed_status")
    if target == current:
        raise ValueError(f"the order is {current} already")
    if target == "REJECTED" and current in (*BEFORE, APPROVED):
        return [target]
    if current in BEFORE:
        if target != APPROVED:
            raise ValueError(f"{current} leads to {APPROVED} only, not to {target}")
        return [target]
    if current not in FLOOR or target not in FLOOR or FLOOR.index(target) < FLOOR.index(current):
        raise ValueError(f"{current} does not lead to {target}; only a reset goes back")
    return _between(current, target, settings)


def _between(current: str, target: str, settings: CartonCloudSettings) -> list[str]:
    # Packing is never left out; PICKED and PACKED are stops only where the organisation uses them.
    stops = {"PACKING_IN_PROGRESS", target}
    stops |= {"PACKED"} if settings.packed_status else set()
    stops |= {"PICKED"} if settings.consignments == "picked" else set()
    passed = FLOOR[FLOOR.index(current) + 1 : FLOOR.index(target) + 1]
    return [status for status in passed if status in stops]


def back(current: str, target: str) -> None:
    """Whether staff can reset an order to `target`.

    Raises: ValueError where it is not back.
    """
    if target in ("DRAFT", "AWAITING_STOCK") and current not in ("DRAFT", "REJECTED"):
        return
    if target in FLOOR and current in FLOOR and FLOOR.index(target) < FLOOR.index(current):
        return
    raise ValueError(f"{target} is no reset of {current}")
