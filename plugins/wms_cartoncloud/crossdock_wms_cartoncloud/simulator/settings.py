"""What a test or a scenario can set: how the simulated organisation is configured, and how the service behaves."""

from __future__ import annotations

from typing import Literal

from crossdock.simulator import Settings

ROLES = ("WMS Create Jobs", "TMS View Jobs", "TMS Create Jobs", "WMS Add Product", "WMS Edit Product")


class CartonCloudSettings(Settings):
    """Settings of the CartonCloud simulator. They hold for every tenant."""

    duplicates: Literal["reject", "override", "allow"] = "reject"
    """A second order with the reference of an existing one: 422 DUPLICATE, replaces it, or stands beside it."""
    override_statuses: tuple[str, ...] = ("DRAFT", "REJECTED", "AWAITING_STOCK", "AWAITING_PICK_AND_PACK")
    """Where `override` still replaces; in any other status it refuses like `reject`."""
    catalogue: Literal["any", "listed"] = "any"
    """`any` knows every SKU; `listed` only what `POST /_sim/products` or the API created."""
    units: dict[str, int] = {"UNIT": 1, "EACH": 1, "CTN": 12}
    """Units of measure, with base units in one, of products that `any` or the control plane makes."""
    unknown_product: Literal["reject_order", "drop_line", "422"] | Literal[422] = "reject_order"
    """An unknown or inactive product, or a bad unit: order REJECTED (228), line left out, or refused."""
    stock: Literal[
        "unlimited", "reject_order", "drop_line", "assign_available", "unassigned", "assign_partial", "split", "422"
    ] = "unlimited"
    """What happens to a line that the stock does not cover; `422` refuses the whole order, so that there is none."""
    reference_prefix: str = ""
    """What the organisation puts before the customer reference of each order that comes in."""
    first_status: Literal["AWAITING_PICK_AND_PACK", "DRAFT"] = "AWAITING_PICK_AND_PACK"
    packed_status: bool = False
    """Whether the organisation uses PACKED; without it orders go on to DISPATCHED."""
    consignments: Literal["never", "packed", "import", "picked"] = "packed"
    delete_statuses: tuple[str, ...] = ("DRAFT", "REJECTED", "AWAITING_STOCK", "AWAITING_PICK_AND_PACK")
    tracking_fields: dict[str, str] = {
        "carrier": "carrier_name",
        "number": "tracking_number",
        "url": "tracking_url",
    }
    """The order's custom fields that bear tracking where `consignments` is `never`."""
    time_filter: Literal["all", "starts_with_only"] = "all"
    page_size: int = 50
    max_page_size: int = 100
    """A greater `size` is lowered to this; `Page-Size` says so."""
    currency: str = "USD"
    utc_offset_minutes: int = 600
    customers: tuple[str, ...] = ("Acme Trading", "Second Seller")
    warehouses: tuple[str, ...] = ("Sydney DC", "Melbourne DC", "Main")
    default_warehouse: str = "Main"
    customer_warehouses: dict[str, tuple[str, ...]] = {}
    """Which warehouses a customer may use, by name; who is not listed may use all."""
    roles: tuple[str, ...] = ROLES
    client_customers: tuple[str, ...] | None = None
    """Names of the customers that API clients may see; None: all."""
    tenants: tuple[str, ...] | None = None
    """Ids of the tenants that exist; None: any UUID."""
    refused_clients: tuple[str, ...] = ()
    """Client ids whose credentials are wrong."""
    token_lifetime_s: int = 3600
