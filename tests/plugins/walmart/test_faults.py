"""Error bodies in all their forms."""

from __future__ import annotations

import pytest

from crossdock.http import Response
from crossdock_walmart.faults import Fault, codes, faults_of

ENTRY = {"code": "INVALID_REQUEST.GMP_ORDER_API", "field": "data", "description": "Invalid Request"}
FAULT = Fault("INVALID_REQUEST.GMP_ORDER_API", "data", "Invalid Request")
XML = (
    "<ns2:errors><ns2:error><ns2:code>INVALID_REQUEST.GMP_ORDER_API</ns2:code><ns2:field>data</ns2:field>"
    "<ns2:description>Invalid Request</ns2:description></ns2:error></ns2:errors>"
)


@pytest.mark.parametrize(
    "body",
    [
        {"errors": {"error": [ENTRY]}},
        {"errors": {"error": ENTRY}},
        {"error": [ENTRY]},
        {"error": ENTRY},
        {"errors": [{"code": ENTRY["code"], "field": "data", "message": "Invalid Request"}]},
    ],
)
def test_faults_are_read_from_every_json_form(body):
    assert faults_of(Response(400, json=body)) == (FAULT,)


def test_faults_are_read_from_xml():
    assert faults_of(Response(400, text=XML)) == (FAULT,)


@pytest.mark.parametrize(
    "text", ["", "<html>Access denied</html>", "null", "[]", "3", '{"errors": null}', '{"error": "x"}']
)
def test_a_body_without_a_code_bears_no_fault(text):
    found = faults_of(Response(400, text=text))

    assert found == ()
    assert codes(found) == "no error code"


def test_kind_is_the_code_before_the_component():
    assert FAULT.kind == "INVALID_REQUEST"
    assert codes((FAULT, FAULT)) == "INVALID_REQUEST.GMP_ORDER_API, INVALID_REQUEST.GMP_ORDER_API"


def test_an_outage_is_told_from_a_bad_date():
    bad_date = Fault("INVALID_REQUEST.GMP_ORDER_API", "data", "Invalid date format")

    assert FAULT.is_outage
    assert not bad_date.is_outage
    assert not FAULT.names_the_ceiling


@pytest.mark.parametrize("text", ["more than 20000 orders", "the maximum is 20,000.", "only 20 000 orders"])
def test_the_ceiling_is_recognised_however_it_is_written(text):
    assert Fault("INVALID_REQUEST_CONTENT.GMP_ORDER_API", "data", text).names_the_ceiling


def test_the_ceiling_is_not_read_into_a_longer_number():
    assert not Fault("INVALID_REQUEST.GMP_ORDER_API", "data", "purchase order 200001").names_the_ceiling
