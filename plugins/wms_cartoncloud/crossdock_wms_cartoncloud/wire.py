"""CartonCloud's JSON, as much of it as we read; what we do not know is ignored."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from crossdock.http import Response, json_of


def _or_nothing(value: Any) -> Any:
    return {} if value is None or value == [] else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


def _moment(value: Any) -> datetime | None:
    """A time that bears its offset, in UTC; anything else says nothing."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except OverflowError:
        return None


class Wire(BaseModel):
    """Read leniently: fields may be added without notice. Errors never quote input: it may be a buyer's."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


Textual = Annotated[str | None, BeforeValidator(_text)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Properties = Annotated[dict[str, Any], BeforeValidator(_or_nothing)]


class References(Wire):
    """Names of a thing; `numeric_id` is the number that people see."""

    customer: Textual = None
    numeric_id: Textual = Field(default=None, alias="numericId")
    code: Textual = None
    tracking: Textual = None


ReferencesOrNone = Annotated[References, BeforeValidator(_or_nothing)]


class Party(Wire):
    """A customer, a warehouse, or a product: resolved by id, then code, then name."""

    id: Textual = None
    name: str | None = None
    references: ReferencesOrNone = References()


class Customer(Party):
    """A customer as the list of customers states it."""

    warehouses: Annotated[list[Party], BeforeValidator(lambda value: value or [])] = []


class EntityError(Wire):
    """A problem of an order that exists."""

    message: str | None = None
    is_resolved: bool | None = Field(default=None, alias="isResolved")
    code: Textual = None


class Unit(Wire):
    """A unit of measure, by the tenant's own code."""

    type: str | None = None


class ItemDetails(Wire):
    """What is picked."""

    product: Annotated[Party, BeforeValidator(_or_nothing)] = Party()
    unit: Annotated[Unit, BeforeValidator(_or_nothing)] = Field(default=Unit(), alias="unitOfMeasure")


class Measures(Wire):
    """How much; numbers may come as text ("52.000")."""

    quantity: Annotated[Decimal, BeforeValidator(lambda value: Decimal(0) if value is None else value)] = Decimal(0)


class Item(Wire):
    """One line of a sale order."""

    id: Textual = None
    references: ReferencesOrNone = References()
    details: Annotated[ItemDetails, BeforeValidator(_or_nothing)] = ItemDetails()
    measures: Annotated[Measures, BeforeValidator(_or_nothing)] = Measures()
    properties: Properties = {}

    @property
    def sku(self) -> str:
        """The product's code, else its name; empty where it has neither."""
        product = self.details.product
        return product.references.code or product.name or ""


class Method(Wire):
    """How it is to be delivered, in free text."""

    service: str | None = Field(default=None, alias="requestedService")


class Deliver(Wire):
    """The delivery, without the address: we never read that back."""

    method: Annotated[Method, BeforeValidator(_or_nothing)] = Method()


class OrderDetails(Wire):
    """What is wrong with a sale order, and how it is to be delivered."""

    errors: Annotated[list[EntityError], BeforeValidator(lambda value: value or [])] = []
    deliver: Annotated[Deliver, BeforeValidator(_or_nothing)] = Deliver()


class Timestamp(Wire):
    """When something happened, in UTC; None where it does not say so unmistakably."""

    time: Moment = None


_Timestamp = Annotated[Timestamp, BeforeValidator(_or_nothing)]


class Timestamps(Wire):
    """What happened when. `dispatched` is taken back when staff reset the order."""

    created: _Timestamp = Timestamp()
    modified: _Timestamp = Timestamp()
    dispatched: _Timestamp = Timestamp()


class OutboundOrder(Wire):
    """A sale order. A rejected one may have no items: they are not gone, they were never taken over."""

    id: Annotated[str, Field(min_length=1)]
    status: str | None = None
    references: ReferencesOrNone = References()
    customer: Annotated[Party, BeforeValidator(_or_nothing)] = Party()
    warehouse: Annotated[Party, BeforeValidator(_or_nothing)] = Party()
    details: Annotated[OrderDetails, BeforeValidator(_or_nothing)] = OrderDetails()
    items: Annotated[list[Item], BeforeValidator(lambda value: value or [])] = []
    properties: Properties = {}
    timestamps: Annotated[Timestamps, BeforeValidator(_or_nothing)] = Timestamps()

    @property
    def number(self) -> str:
        """What people call it."""
        return self.references.numeric_id or self.id

    @property
    def rejected(self) -> bool:
        """Whether the warehouse did not take it over."""
        return self.status == "REJECTED"

    @property
    def unresolved(self) -> list[EntityError]:
        """The problems that nobody has resolved yet."""
        return [error for error in self.details.errors if not error.is_resolved]


class ConsignmentTracking(Wire):
    """Who carries it, and where it can be watched. Quotes spell the carrier `company`."""

    carrier: str | None = Field(default=None, validation_alias=AliasChoices("companyName", "company"))
    url: str | None = None


class ConsignmentDetails(Wire):
    """What kind of consignment it is, and its tracking."""

    type: str | None = None
    tracking: Annotated[ConsignmentTracking, BeforeValidator(_or_nothing)] = ConsignmentTracking()


class ConsignmentItem(Item):
    """What is carried. Whether it names a product, or only a box, is up to the warehouse."""

    @property
    def sku(self) -> str:
        """The product's code, else the description; empty where it has neither."""
        return super().sku or str(self.properties.get("description") or "")


class Consignment(Wire):
    """One parcel, or one delivery of several. Tracking lives here and nowhere else."""

    id: Textual = None
    type: str | None = None
    status: str | None = None
    references: ReferencesOrNone = References()
    details: Annotated[ConsignmentDetails, BeforeValidator(_or_nothing)] = ConsignmentDetails()
    items: Annotated[list[ConsignmentItem], BeforeValidator(lambda value: value or [])] = []


class User(Wire):
    """Whom our token stands for."""

    name: str | None = None
    tenants: Annotated[list[Party], BeforeValidator(lambda value: value or [])] = []


class TokenAnswer(Wire):
    """A granted token; 3600 s is what CartonCloud grants in practice."""

    access_token: Annotated[str, Field(min_length=1)]
    expires_in: Annotated[float, Field(gt=0)] = 3600.0


class Problem(Wire):
    """One reason why a request was refused. `field` is a JSON pointer into the request's body."""

    message: str = ""
    field: str = ""
    type: str = ""
    code: str = ""
    duplicate_id: str | None = None


ORDERS = TypeAdapter(list[OutboundOrder])
PARTIES = TypeAdapter(list[Party])
CUSTOMERS = TypeAdapter(list[Customer])


def parse_order(response: Response) -> OutboundOrder:
    """Read one sale order. Raises: ValueError, which names no content, where the answer is none."""
    try:
        return OutboundOrder.model_validate_json(response.content)
    except ValidationError as error:
        places = ", ".join(sorted({".".join(map(str, fault["loc"])) or "body" for fault in error.errors()}))
        message = f"CartonCloud answered {response.status_code} with something that is no sale order (at {places})"
        raise ValueError(message) from None


def parse_problems(response: Response) -> list[Problem]:
    """Read why a request was refused: an array by the book, an object or no JSON at all from what stands before it."""
    body = json_of(response)
    entries = body if isinstance(body, list) else [body]
    return [_problem(entry) for entry in entries if isinstance(entry, dict)]


def retry_after(response: Response) -> float | None:
    """The seconds that the answer asks us to wait, where it says so in seconds: a date would need a clock."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _problem(entry: dict[str, Any]) -> Problem:
    details = entry.get("details")
    duplicate = details.get("duplicateId") if isinstance(details, dict) else None
    return Problem(
        message=_first(entry, "message", "error_description", "error"),
        field=_first(entry, "field", "pointer"),
        type=_first(entry, "type").upper(),
        code=_first(entry, "code", "errorCode"),
        duplicate_id=duplicate if isinstance(duplicate, str) and duplicate else None,
    )


def _first(entry: dict[str, Any], *keys: str) -> str:
    # The vendor does not publish under which key a code comes, nor whether it is a number.
    values = (entry.get(key) for key in keys)
    return next((str(value) for value in values if isinstance(value, str | int) and value != ""), "")
