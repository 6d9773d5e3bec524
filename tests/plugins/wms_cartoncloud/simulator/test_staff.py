from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_wms_cartoncloud.simulator import CartonCloudSettings
from crossdock_wms_cartoncloud.simulator.statuses import APPROVED, BEFORE, FLOOR, forward

TRACKING = {"carrier": "Star Track", "number": "ST123", "url": "https://carrier.example.test/ST123"}


@pytest.fixture
def order(client, order_body):
    return client.create(order_body()).json["id"]


@pytest.fixture
def move(simulator):
    return lambda key="PO-1", **given: simulator.control(f"orders/{key}", given)


def test_order_is_dispatched_by_way_of_packing_with_a_consignment_that_bears_tracking(client, order, move):
    answer = move(status="DISPATCHED", tracking=TRACKING)

    wire = client.order(order)
    assert (wire["status"], wire["version"]) == ("DISPATCHED", 3)
    assert set(wire["timestamps"]) == {"created", "modified", "packed", "dispatched"}
    assert "tracking" not in wire["references"]
    (consignment,) = client.consignments(order)
    assert consignment["references"]["tracking"] == "ST123"
    assert consignment["details"]["tracking"] == {"companyName": "Star Track", "url": TRACKING["url"]}
    assert (consignment["generatedFromTask"], consignment["status"]) == ({"id": order}, "IN_WAREHOUSE")
    assert (answer["id"], answer["consignments"]) == (order, [consignment])


def test_order_is_found_by_id_and_by_reference(client, order, move):
    move(key=order, status="PACKING_IN_PROGRESS")
    move(key="PO-1", status="DISPATCHED")

    assert client.order(order)["status"] == "DISPATCHED"


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ([], "DRAFT"),
        ([], "AWAITING_PICK_AND_PACK"),
        ([], "PACKED"),
        ([], "CANCELLED"),
        (["PACKING_IN_PROGRESS"], "PICKED"),
        (["PACKING_IN_PROGRESS"], "REJECTED"),
        (["DISPATCHED"], "PACKING_IN_PROGRESS"),
        (["DISPATCHED"], "DISPATCHED"),
        (["REJECTED"], "DISPATCHED"),
    ],
)
def test_move_that_the_service_does_not_know_is_refused_and_changes_nothing(client, order, move, path, refused):
    for status in path:
        move(status=status)
    before = client.order(order)

    with pytest.raises(ValueError, match=r"no status|already|lead|PACKED is off"):
        move(status=refused)

    assert client.order(order) == before


def test_forced_status_may_be_any_text(client, order, move):
    move(status="ON_THE_MOON", force=True)

    assert client.order(order)["status"] == "ON_THE_MOON"


def test_reset_goes_back_and_takes_the_times_back(client, order, move):
    move(status="DISPATCHED")

    move(status="AWAITING_PICK_AND_PACK", reset=True)

    wire = client.order(order)
    assert (wire["status"], wire["version"]) == ("AWAITING_PICK_AND_PACK", 4)
    assert set(wire["timestamps"]) == {"created", "modified"}
    with pytest.raises(ValueError, match="no reset"):
        move(status="PICKED", reset=True)


def test_order_that_is_dispatched_again_after_a_reset_is_another_fact(simulator, order, move):
    move(status="DISPATCHED")
    move(status="PACKING_IN_PROGRESS", reset=True)
    move(status="DISPATCHED")

    assert [fact.count for fact in simulator.journal.facts("dispatched", "PO-1")] == [1, 1]


def test_rejected_order_is_approved_only_when_its_products_are_there(client, simulator, settings, order_body, move):
    settings(catalogue="listed")
    order = client.create(order_body()).json["id"]
    with pytest.raises(ValueError, match="Product not found"):
        move(status="AWAITING_PICK_AND_PACK")

    simulator.control("products", {"products": [{"code": "MUG-1", "customer": "Acme Trading"}]})
    assert client.order(order)["status"] == "REJECTED"
    move(status="AWAITING_PICK_AND_PACK")

    wire = client.order(order)
    assert wire["status"] == "AWAITING_PICK_AND_PACK"
    assert "errors" not in wire["details"]
    assert wire["items"][0]["details"]["product"]["references"]["code"] == "MUG-1"


def test_staff_can_reject_with_reasons(client, order, move):
    move(status="REJECTED", errors=["Address is a lighthouse"])

    wire = client.order(order)
    assert "items" not in wire
    assert wire["details"]["errors"] == [{"message": "Address is a lighthouse", "isResolved": False}]


def test_draft_waits_for_approval_where_the_organisation_wants_it(client, settings, order_body, move):
    settings(first_status="DRAFT")
    assert client.create(order_body()).json["status"] == "DRAFT"

    assert move(status="AWAITING_PICK_AND_PACK")["sale_order"]["status"] == "AWAITING_PICK_AND_PACK"


def test_packed_is_a_stop_where_the_organisation_uses_it(client, settings, order, move):
    settings(packed_status=True)

    move(status="PACKED")

    assert client.order(order)["timestamps"].keys() >= {"packed"}
    assert len(client.consignments(order)) == 1


def test_tracking_before_there_is_a_consignment_is_refused(order, move):
    with pytest.raises(ValueError, match="no consignment"):
        move(tracking=TRACKING)


def test_tracking_edit_raises_the_version_of_the_consignment_only(client, order, move):
    move(status="DISPATCHED", tracking=TRACKING)
    before, first = client.order(order), client.consignments(order)[0]

    move(tracking={"number": "ST999"})

    (second,) = client.consignments(order)
    assert client.order(order) == before
    assert second["version"] == first["version"] + 1
    assert second["references"]["tracking"] == "ST999"
    assert second["details"]["tracking"] == first["details"]["tracking"]


def test_second_consignment_may_stand_beside_the_first(client, order, move):
    move(status="DISPATCHED", tracking=TRACKING)

    move(tracking={"number": "ST124", "carrier": "UPS", "add": True})

    assert [one["references"]["tracking"] for one in client.consignments(order)] == ["ST124", "ST123"]


def test_consignment_holds_the_lines_that_staff_packed_into_it(client, order, move):
    move(status="DISPATCHED", tracking={**TRACKING, "lines": [{"sku": "MUG-01", "quantity": 1}]})

    (consignment,) = client.consignments(order)
    (item,) = consignment["items"]
    assert item["properties"] == {"description": "MUG-01"}
    assert item["measures"]["quantity"] == 1


def test_tracking_goes_into_custom_fields_where_no_consignment_is_ever_made(client, settings, order, move):
    settings(consignments="never")

    move(status="DISPATCHED", tracking=TRACKING)

    assert client.consignments(order) == []
    assert client.order(order)["properties"] == {
        "carrier_name": "Star Track",
        "tracking_number": "ST123",
        "tracking_url": TRACKING["url"],
    }


def test_consignment_on_import_waits_for_packing(client, settings, order_body, move):
    settings(consignments="import")
    order = client.create(order_body()).json["id"]
    assert client.consignments(order)[0]["status"] == "AWAITING_SALE_ORDER_PACKING"

    move(status="DISPATCHED")

    (consignment,) = client.consignments(order)
    assert (consignment["status"], consignment["version"]) == ("IN_WAREHOUSE", 2)


def test_consignment_on_import_needs_the_role_to_make_one(client, settings, order_body):
    settings(consignments="import", roles=["WMS Create Jobs", "TMS View Jobs"])

    assert client.create(order_body()).status == 403
    assert client.find("PO-1") == []


def test_consignment_on_picking_is_a_warehouse_fulfilment(client, settings, order, move):
    settings(consignments="picked")

    move(status="PACKING_IN_PROGRESS")

    assert client.consignments(order)[0]["details"]["type"] == "WAREHOUSE_FULFILMENT"
    assert client.order(order)["version"] == 3


def test_consignment_of_a_deleted_order_is_cancelled(client, settings, order_body):
    settings(consignments="import")
    order = client.create(order_body()).json["id"]

    client.call("DELETE", f"outbound-orders/{order}")

    assert client.consignments(order)[0]["status"] == "CANCELLED"


def test_consignment_is_shown_by_id_with_or_without_items(client, order, move):
    made = move(status="DISPATCHED")["consignments"][0]

    whole = client.call("GET", f"consignments/{made['id']}")
    bare = client.call("GET", f"consignments/{made['id']}", headers={"Prefer": "return=no-items"})

    assert whole.json == made
    assert "items" not in bare.json
    assert bare.headers["Preference-Applied"] == "return=no-items"
    assert client.call("GET", "consignments/nothing").status == 404


def test_edit_replaces_lines_and_keeps_what_belongs_to_a_sku(client, simulator, order_body):
    order = client.create(order_body(lines={"MUG-1": 2, "CUP-9": 1})).json

    simulator.control("edit/PO-1", {"lines": [{"sku": "MUG-1", "quantity": 5}, {"sku": "NEW-3", "quantity": 1}]})

    wire = client.order(order["id"])
    assert wire["version"] == 2
    assert [(i["details"]["product"]["references"]["code"], i["measures"]["quantity"]) for i in wire["items"]] == [
        ("MUG-1", 5),
        ("NEW-3", 1),
    ]
    assert wire["items"][0]["id"] == order["items"][0]["id"]
    assert wire["items"][0]["properties"] == {"sop_custom_field_1": "1"}
    assert wire["items"][1]["properties"] == {}


@pytest.mark.parametrize("lines", [[], "MUG-1", [{"sku": "MUG-1", "quantity": 0}], [{"sku": "MUG-1"}]])
def test_edit_that_makes_no_sense_is_refused(simulator, order, lines):
    with pytest.raises(ValueError, match="error"):
        simulator.control("edit/PO-1", {"lines": lines})


def test_dispatched_order_is_not_edited(simulator, order, move):
    move(status="DISPATCHED")

    with pytest.raises(ValueError, match="cannot be edited"):
        simulator.control("edit/PO-1", {"lines": [{"sku": "MUG-1", "quantity": 5}]})


def test_reference_of_two_orders_needs_the_customer_too(client, order_body, order, move):
    client.create(order_body(changes={"/customer": {"name": "Second Seller"}}))

    with pytest.raises(ValueError, match="names 2 orders"):
        move(status="DISPATCHED")
    move(status="DISPATCHED", customer="Second Seller")

    assert client.order(order)["status"] == "AWAITING_PICK_AND_PACK"


@pytest.mark.parametrize("given", [{}, {"status": 5}, {"colour": "red"}, {"tracking": {"numbr": "x"}}])
def test_move_that_says_nothing_known_is_refused(order, move, given):
    with pytest.raises(ValueError, match=r"say status|must be a text|unknown|tracking knows"):
        move(**given)


def test_order_that_does_not_exist_cannot_be_moved(move):
    with pytest.raises(ValueError, match="there is no order PO-1"):
        move(status="DISPATCHED")


@given(st.sampled_from((*BEFORE, *FLOOR)), st.sampled_from((*BEFORE, *FLOOR)), st.booleans(), st.booleans())
def test_way_forward_ends_at_its_target_and_never_turns_back(current, target, packed, picked):
    settings = CartonCloudSettings(packed_status=packed, consignments="picked" if picked else "packed")
    try:
        way = forward(current, target, settings)
    except ValueError:
        assert not (current == APPROVED and target == "DISPATCHED")
        return

    assert way[-1] == target
    if target in FLOOR and current in FLOOR:
        places = [FLOOR.index(status) for status in (current, *way)]
        assert places == sorted(set(places))


def test_reference_that_the_organisation_prefixes_is_set_right_by_staff(client, order_body, simulator):
    simulator.control("settings", {"reference_prefix": "WEB-"})
    made = client.create(order_body()).json

    found = [[one["id"] for one in client.find(reference)] for reference in ("PO-1", "WEB-PO-1")]
    simulator.control("edit/WEB-PO-1", {"reference": "PO-1"})
    (right,) = client.find("PO-1")

    assert found == [[], [made["id"]]]
    assert (right["id"], right["version"]) == (made["id"], made["version"] + 1)
    assert client.find("WEB-PO-1") == []
    with pytest.raises(ValueError, match="must be a text"):
        simulator.control("edit/PO-1", {"reference": " "})


def test_tracking_is_written_on_the_package_that_is_named(client, order, move):
    move(status="DISPATCHED", tracking=TRACKING)
    move(tracking={"number": "ST124", "add": True})
    move(tracking={"number": "ST125", "package": 1})

    numbers = {one["references"]["tracking"] for one in client.consignments(order)}
    assert numbers == {"ST125", "ST124"}
    with pytest.raises(ValueError, match="no package 3"):
        move(tracking={"number": "ST126", "package": 3})
