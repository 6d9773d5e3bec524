"""The fields that orders and consignments are known to have. Source: CartonCloud REST API reference, 2026-05-06."""

from __future__ import annotations

from crossdock import Shape

_PLACE = "companyName contactName address1 address2 suburb city state postcode country phone email latitude longitude"
_COUNTRY = "iso2Code iso3Code name"

SALE_ORDER = Shape.of(
    {
        "": "id type version status references customer warehouse details items properties* timestamps documents*",
        "references": "customer numericId",
        "customer": "id name enabled references",
        "customer.references": "code",
        "warehouse": "id name enabled references*",
        "details": "urgent instructions allowSplitting invoiceValue collect deliver errors",
        "details.invoiceValue": "amount currency",
        "details.collect": "requiredDate address*",
        "details.deliver": "address instructions method requiredDate cashPaymentAmount",
        "details.deliver.method": "type requestedService",
        "details.deliver.address": _PLACE,
        "details.deliver.address.state": "code name",
        "details.deliver.address.country": _COUNTRY,
        "details.errors": "code message isResolved",
        "items": "id details measures properties* references",
        "items.details": "product unitOfMeasure",
        "items.details.product": "id name references customer*",
        "items.details.product.references": "code barcode",
        "items.details.unitOfMeasure": "type name",
        "items.measures": "quantity",
        "items.references": "numericId",
        "timestamps": "created modified packed dispatched",
        "timestamps.created": "time",
        "timestamps.modified": "time",
        "timestamps.packed": "time",
        "timestamps.dispatched": "time",
    }
)

CONSIGNMENT = Shape.of(
    {
        "": "id type version status references customer warehouse details items properties* generatedFromTask "
        "timestamps* documents*",
        "references": "customer numericId tracking",
        "customer": "id name enabled references*",
        "warehouse": "id name enabled references*",
        "generatedFromTask": "id",
        "details": "type authorityToLeave collect deliver deliveryRun* manifest* runsheet* tracking",
        "details.tracking": "companyName url",
        "details.collect": "address* requiredDate",
        "details.deliver": "address instructions requiredDate method*",
        "details.deliver.address": _PLACE,
        "details.deliver.address.state": "code name",
        "details.deliver.address.country": _COUNTRY,
        "items": "id measures properties* details*",
        "items.measures": "quantity weight cubic",
    }
)

DISPATCH = SALE_ORDER.below("sale_order") | CONSIGNMENT.below("consignments")
