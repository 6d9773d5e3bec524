from __future__ import annotations

from typing import Annotated, Any

import pytest

from crossdock.canonical import Document, Order, Shipment
from crossdock.checking.flow import Stage, fits, follow_types, name_type
from crossdock.config import Findings, Mark
from crossdock.contract.mapper import Mapper


class Special(Order):
    pass


class Filter(Mapper[Any, Any]):
    name = "filter"

    def map(self, document, context):
        return document


@pytest.mark.parametrize(
    ("given", "wanted", "fitting"),
    [
        (Order, Order, True),
        (Special, Order, True),
        (Order, Special, False),
        (Order, Document, True),
        (Document, Order, False),
        (Order, Order | Shipment, True),
        (Order | Shipment, Order, False),
        (Order | Shipment, Document, True),
        (Order, Any, True),
        (Any, Order, True),
        (Annotated[Order, "x"], Order, True),
    ],
)
def test_document_fits_what_takes_its_type_or_a_wider_one(given, wanted, fitting):
    assert fits(given, wanted) is fitting


def test_type_passes_unchanged_through_a_mapper_of_anything(registry):
    findings = Findings()
    source, notes = registry.source("walmart.orders"), registry.sink("wms_cartoncloud.notes")
    stages = [Stage(use, Mark("f", line, 1), model) for line, (use, model) in enumerate([("filter", Filter)], start=2)]

    follow_types(Stage("s", Mark("f", 1, 1), source), stages, Stage("n", Mark("f", 9, 1), notes), registry, findings)

    assert [(fault.line, fault.code) for fault in findings] == [(9, "types_do_not_meet")]
    assert "gives an Order" in next(iter(findings)).message


def test_unknown_mapper_ends_what_is_known_of_the_types(registry):
    findings = Findings()
    source, notes = registry.source("walmart.orders"), registry.sink("wms_cartoncloud.notes")
    unknown = Stage("?", Mark("f", 2, 1), None)

    follow_types(Stage("s", Mark("f", 1, 1), source), [unknown], Stage("n", Mark("f", 9, 1), notes), registry, findings)

    assert list(findings) == []


def test_union_is_named_by_its_members():
    assert name_type(Order | Shipment) == "Order or Shipment"
