from __future__ import annotations

import pytest

NEW = {"CUTM": "HOUSE", "CUNO": "WALMARTUS", "CUNM": "Walmart US", "CUA1": "1 Market St"}


@pytest.fixture
def crs(client):
    return lambda name, **fields: client.m3(name, program="CRS610MI", **fields)


def test_customer_is_added_and_read_back(crs):
    assert crs("Add", **NEW)["records"] == [{"CUNO": "WALMARTUS", "ERRM": ""}]

    record = crs("GetBasicData", CUNO="WALMARTUS")["records"][0]

    assert (record["CUNM"], record["CUA1"], record["STAT"], record["CHNO"]) == ("Walmart US", "1 Market St", "20", "1")


def test_customer_gets_a_number_where_none_is_given(crs):
    assert crs("Add", **{**NEW, "CUNO": ""})["records"][0]["CUNO"] == "C00001"


def test_customer_exists_once(crs):
    crs("Add", **NEW)

    assert (crs("Add", **NEW)["errorCode"], crs("Add", **NEW)["errorField"]) == ("XRE0104", "CUNO")


@pytest.mark.parametrize("name", ["CUTM", "CUNM", "CUA1"])
def test_customer_needs_template_name_and_address(crs, name):
    result = crs("Add", **{**NEW, name: ""})

    assert (result["errorType"], result["errorField"]) == ("MandatoryInputFieldNotFound", name)


def test_name_that_is_too_long_is_refused(crs):
    assert crs("Add", **{**NEW, "CUNM": "x" * 37})["errorType"] == "InputFieldTooLong"


def test_template_must_exist_where_they_are_listed(crs, settings):
    settings(customer_templates=["OTHER"])

    assert crs("Add", **NEW)["errorField"] == "CUTM"


def test_change_keeps_what_is_not_given_and_raises_the_change_number(crs):
    crs("Add", **NEW, TOWN="Austin")

    crs("ChgBasicData", CUNO="WALMARTUS", CUNM="Walmart Marketplace")
    crs("ChgFinancial", CUNO="WALMARTUS", CUCD="USD", VRNO="US1")

    basic, financial = (crs(name, CUNO="WALMARTUS")["records"][0] for name in ("GetBasicData", "GetFinancial"))
    assert (basic["CUNM"], basic["TOWN"], basic["CHNO"]) == ("Walmart Marketplace", "Austin", "3")
    assert (financial["CUCD"], financial["VRNO"]) == ("USD", "US1")


def test_change_with_an_old_change_number_is_refused(crs):
    crs("Add", **NEW)
    crs("ChgBasicData", CUNO="WALMARTUS", CUNM="A", CHNO="1")

    result = crs("ChgBasicData", CUNO="WALMARTUS", CUNM="B", CHNO="1")

    assert result["errorField"] == "CHNO"
    assert crs("GetBasicData", CUNO="WALMARTUS")["records"][0]["CUNM"] == "A"


@pytest.mark.parametrize("name", ["GetBasicData", "GetFinancial", "ChgBasicData", "ChgFinancial"])
def test_unknown_customer_is_told(crs, name):
    assert crs(name, CUNO="NOBODY")["errorCode"] == "XRE0103"


def test_customers_are_listed_from_a_number_on_and_since_a_change(crs, client, simulator):
    for number in ("B", "A", "C"):
        crs("Add", **{**NEW, "CUNO": number})
    client.wait(60)
    since = str(int(simulator.clock.now().timestamp() * 1000))
    client.wait(60)
    crs("ChgBasicData", CUNO="B", CUNM="Changed")

    assert [one["CUNO"] for one in crs("LstByNumber")["records"]] == ["A", "B", "C"]
    assert [one["CUNO"] for one in crs("LstByNumber", CUNO="B")["records"]] == ["B", "C"]
    assert [one["CUNM"] for one in crs("LstByNumber", LMTS=since)["records"]] == ["Changed"]
    assert crs("LstByNumber", LMTS="1.5")["errorField"] == "LMTS"


def test_staff_adds_and_edits_customers(crs, simulator):
    made = simulator.control("customers", {"customers": [{"CUNO": "X", "CUNM": "By hand"}]})["customers"]
    simulator.control("customers", {"customers": [{"CUNO": "X", "CUNM": "Edited"}], "tenant": "ACME_TST"})

    assert made[0]["CHNO"] == "1"
    assert crs("GetBasicData", CUNO="X")["records"][0]["CUNM"] == "Edited"


def test_staff_adds_customers_of_financials(client, simulator):
    simulator.control("customers", {"system": "fsm", "customers": [{"code": "WALMART-US", "Name": "Walmart US"}]})

    assert [one["Customer"] for one in client.list("CompanyCustomer").records] == ["WALMART-US"]


@pytest.mark.parametrize(
    "body",
    [
        {"system": "sap"},
        {"customers": [{"CUNM": "x"}]},
        {"customers": [{"CUNO": "X", "COLOUR": "red"}]},
        {"clients": []},
    ],
)
def test_customers_that_cannot_be_are_refused(simulator, body):
    with pytest.raises(ValueError, match="error"):
        simulator.control("customers", body)


def test_changes_are_witnessed(crs, simulator):
    crs("Add", **NEW)
    crs("ChgBasicData", CUNO="WALMARTUS", CUNM="A")
    crs("ChgBasicData", CUNO="WALMARTUS", CUNM="A")

    facts = [(fact.kind, fact.revision, fact.count) for fact in simulator.journal.facts()]
    assert facts == [("customer_added", 1, 1), ("customer_changed", "2", 1), ("customer_changed", "3", 1)]
