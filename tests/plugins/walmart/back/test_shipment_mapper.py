"""From what left the warehouse to what Walmart is told of each package."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crossdock import Context, HoldError, NotYetError
from crossdock.canonical import Package, PackageLine, Shipment
from crossdock_walmart.carriers import carrier_table, normalised
from crossdock_walmart.shipment import ShipmentMapper

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
URL = "https://track.example.test/1"


def line(item, quantity=1, sku="KET-BLU"):
    return PackageLine(line=item, sku=sku, quantity=Decimal(quantity))


def package(number="1Z5R89390357567127", carrier="UPS", **more):
    return Package(**{"id": "con-1", "lines": (line("item-1"),), "carrier": carrier, "tracking_number": number, **more})


def shipment(*packages):
    return Shipment(order="787061", shipped_at=AT, packages=packages)


def mapped(*packages, context=None, **settings):
    return ShipmentMapper(**settings).map(shipment(*packages), context or Context(key="so-1", pipeline="tracking"))


# ---------------------------------------------------------------- carriers


@pytest.mark.parametrize("name", ["UPS", "ups", " U.P.S. ", "United Parcel Service", "united  parcel-service"])
def test_carrier_is_known_by_its_aliases_whatever_their_case_and_punctuation(name):
    (update,) = mapped(package(carrier=name))

    assert (update.carrier, update.other_carrier) == ("UPS", None)


@given(st.sampled_from(carrier_table().values), st.randoms(use_true_random=False))
def test_carrier_names_in_any_case_and_punctuation_map_alike(value, random):
    noisy = "".join(
        random.choice([letter.upper(), letter.lower()]) + random.choice(["", " ", "-", "."]) for letter in value
    )

    (update,) = mapped(package(carrier=noisy))

    assert update.carrier == value


@given(st.text(max_size=30), st.booleans())
def test_carrier_is_one_that_walmart_supports_or_another_with_a_url_or_held(name, with_url):
    supported = carrier_table().find(name)
    try:
        (update,) = mapped(package(carrier=name, tracking_url=URL if with_url else None))
    except HoldError as error:
        held = error.code
    else:
        held = None
    if held is not None:
        assert (held, supported) == ("unknown_carrier", None)
    elif update.carrier is None:
        assert update.tracking_url == URL
        assert carrier_table().find(update.other_carrier) is None
        assert normalised(update.other_carrier) != "other"
    else:
        assert update.carrier == supported


def test_carrier_that_walmart_does_not_know_goes_as_another_with_its_url():
    (update,) = mapped(package(carrier=" Star Track ", tracking_url=URL))

    assert (update.carrier, update.other_carrier, update.tracking_url) == (None, "Star Track", URL)


@pytest.mark.parametrize("url", [None, "", "  ", "track it", "ftp://track.example.test/1", "https://", "http://["])
def test_carrier_that_walmart_does_not_know_is_held_without_a_url(url):
    with pytest.raises(HoldError) as held:
        mapped(package("ST123", carrier="Star Track", tracking_url=url))

    assert held.value.code == "unknown_carrier"
    assert "'Star Track'" in held.value.message
    assert "tracking URL" in held.value.message
    assert all(way in held.value.fix for way in ("`carriers`", "correct the carrier", "add a tracking URL"))
    assert held.value.facts["url_missing"] is True


def test_hold_suggests_the_carrier_that_the_number_looks_like():
    with pytest.raises(HoldError, match="looks like one of UPS") as held:
        mapped(package("1Z 5R8 939 03 5756 7127", carrier="Our Van"))

    assert '"Our Van": UPS' in held.value.fix
    assert held.value.facts["suggestion"] == "UPS"


def test_what_a_number_looks_like_is_never_used_by_itself():
    (update,) = mapped(package(carrier="Our Van", tracking_url=URL))

    assert update.other_carrier == "Our Van"


@pytest.mark.parametrize("name", [None, "", " - ", "Other", "OTHER", "unknown", "N/A"])
@pytest.mark.parametrize("url", [None, URL])
def test_carrier_without_a_name_is_held_even_with_a_url(name, url):
    with pytest.raises(HoldError, match="names no carrier") as held:
        mapped(package(carrier=name, tracking_url=url))

    assert held.value.code == "unknown_carrier"


def test_configured_names_come_first():
    carriers = {"Our Van": "ups", "Landmark": "other"}

    (van,) = mapped(package(carrier="our van"), carriers=carriers)
    (landmark,) = mapped(package(carrier="LANDMARK", tracking_url=URL), carriers=carriers)

    assert van.carrier == "UPS"
    assert landmark.other_carrier == "LANDMARK"


def test_configured_other_without_a_url_is_held():
    with pytest.raises(HoldError, match="bears no tracking URL"):
        mapped(package(carrier="Star Track"), carriers={"Star Track": "other"})


def test_value_that_walmart_took_up_since_may_be_added():
    (named,) = mapped(package(carrier="veho"), more_carriers=["Veho"])
    (meant,) = mapped(package(carrier="Our Van"), more_carriers=["Veho"], carriers={"Our Van": "VEHO"})

    assert named.carrier == meant.carrier == "Veho"


@pytest.mark.parametrize(
    ("carriers", "words"),
    [
        ({"Star Track": "Fedx"}, "no carrier 'Fedx'"),
        ({"Star Track": "Federal Express"}, "write 'FedEx'"),
        ({"ups": "other"}, "Walmart supports ups"),
        ({"Star Track": "other", "star-track": "UPS"}, "are one carrier"),
        ({" - ": "UPS"}, "names no carrier"),
    ],
)
def test_carriers_that_cannot_be_meant_are_refused(carriers, words):
    with pytest.raises(ValidationError, match=words):
        ShipmentMapper(carriers=carriers)


# ---------------------------------------------------------------- packages


def test_each_package_is_one_update_that_names_all_its_lines():
    first = package(lines=(line("item-1", 2), line("item-2")))
    second = package("T2", id="con-2", lines=(line("item-2", 3),))

    updates = mapped(first, second)

    assert [(one.package, one.tracking_number, one.lines) for one in updates] == [
        ("con-1", "1Z5R89390357567127", first.lines),
        ("con-2", "T2", second.lines),
    ]
    assert [one.earlier for one in updates] == [(), first.lines]
    assert {one.dispatched for one in updates} == {(*first.lines, *second.lines)}
    assert [one.other_numbers for one in updates] == [("T2",), ("1Z5R89390357567127",)]
    assert {one.record for one in updates} == {"so-1"}


def test_packages_of_one_number_are_one_parcel():
    updates = mapped(
        package(lines=(line("item-1"),)),
        package("T2", id="con-2", lines=(line("item-2"),)),
        package("1z5r8939 0357567127", id="con-3", lines=(line("item-3"),)),
    )

    assert [(one.package, [held.line for held in one.lines]) for one in updates] == [
        ("con-1", ["item-1", "item-3"]),
        ("con-2", ["item-2"]),
    ]


def test_quantities_of_all_packages_are_counted_whether_they_are_tracked_or_not():
    context = Context(key="so-1", pipeline="tracking")

    (update,) = mapped(package(None, lines=(line("item-1", 2),)), package("T2", id="con-2"), context=context)

    assert update.package == "con-2"
    assert update.dispatched == (line("item-1", 2), line("item-1"))
    assert update.earlier == (line("item-1", 2),)
    assert [notice.code for notice in context.notices] == ["package_without_tracking"]


def test_package_of_which_nobody_says_what_it_holds_is_the_whole_order():
    context = Context(key="so-1", pipeline="tracking")

    (update,) = mapped(package(lines=()), package("T2", id="con-2", lines=()), context=context)

    assert (update.package, update.lines, update.dispatched) == ("con-1", (), ())
    assert [(notice.code, notice.subject) for notice in context.notices] == [("package_without_lines", "787061/con-2")]


def test_package_without_lines_beside_others_is_noticed_and_left_out():
    context = Context(key="so-1", pipeline="tracking")

    updates = mapped(package(), package("T2", id="con-2", lines=()), context=context)

    assert [one.package for one in updates] == ["con-1"]
    assert [notice.code for notice in context.notices] == ["package_without_lines"]


def test_package_without_an_id_is_named_by_its_place():
    updates = mapped(package(id=None), package("T2", id=" "), package("T3", id="con-3"))

    assert [one.package for one in updates] == ["package-1", "package-2", "con-3"]


@pytest.mark.parametrize("number", [None, "", "  ", "N/A", "tba", "-", "PENDING"])
def test_shipment_without_a_tracking_number_is_waited_for(number):
    with pytest.raises(NotYetError, match="no tracking number") as waiting:
        mapped(package(number), alert_after="6h")

    assert waiting.value.alert_at == AT + timedelta(hours=6)


def test_carrier_stated_by_any_package_of_a_number_counts():
    (update,) = mapped(package(carrier=None), package(id="con-2", carrier="FedEx"))

    assert update.carrier == "FedEx"
