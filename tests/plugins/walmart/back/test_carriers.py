"""The carrier table, and what a tracking number looks like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_walmart.carriers import carrier_table, normalised
from crossdock_walmart.recognition import recognise


def test_table_is_that_of_the_us_market_and_says_its_version():
    table = carrier_table()

    assert len(table.values) == len(set(table.values)) == 75
    assert table.version == "2026-11"
    assert {"DHL Ecommerce - US", "WIN.IT America", "Metropolitan Warehouse & Delivery"} <= set(table.values)


def test_no_name_means_two_carriers():
    table = carrier_table()

    assert all(table.names[normalised(value)] == value for value in table.values)
    assert set(table.names.values()) == set(table.values)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Correos de México", "Correos de Mexico"),
        ("R+L Carriers", "RL Carriers"),
        ("fed ex smart-post", "FEDEXSP"),
        ("DHL ecommerce us", "DHL Ecommerce - US"),
        ("Star Track", None),
        ("", None),
        ("Other", None),
    ],
)
def test_names_are_compared_by_letters_and_digits(name, value):
    assert carrier_table().find(name) == value


def test_alias_is_no_value():
    assert carrier_table().supports("Federal Express") is None
    assert carrier_table().supports("fedex") == "FedEx"


# The numbers are those that the carriers' forms are published with, or that public test data holds.
@pytest.mark.parametrize(
    ("number", "carrier"),
    [
        ("1Z5R89390357567127", "UPS"),
        ("1z 410e7w 03 9275 1591", "UPS"),
        ("1Z5R89390357567128", None),
        ("986578788855", "FedEx"),
        ("996578788855", None),
        ("568283610012734", "FedEx"),
        ("568283610012732", None),
        ("9611020987654312345672", "FedEx"),
        ("61299998820821171811", "FEDEXSP"),
        ("0307 1790 0005 2348 3741", "USPS"),
        ("9400111201080805483016", "USPS"),
        ("9400111201080805483017", None),
        ("C11031500001879", "OnTrac"),
        ("D10011345983010", "OnTrac"),
        ("D10011345983012", None),
        ("3318810025", "DHL"),
        ("3318810010", None),
        ("RB123456785GB", "Royal Mail"),
        ("RB123456784GB", None),
        ("RB123456785XX", None),
        ("", None),
        ("ABC", None),
    ],
)
def test_number_is_recognised_by_its_form_and_check_digit(number, carrier):
    assert recognise(number) == carrier


@given(st.text(max_size=40))
def test_recognition_names_a_value_of_the_table_or_nothing(number):
    assert recognise(number) in {None, *carrier_table().values}


@given(st.from_regex(r"\A(1Z[A-Z0-9]{16}|[CD]\d{14}|\d{10,22}|[A-Z]{2}\d{9}(US|GB|SE))\Z"))
def test_recognition_survives_whatever_looks_like_a_number(number):
    assert recognise(number) in {None, *carrier_table().values}
