from __future__ import annotations

import pytest

SEQUENCE = "GLTransactionInterface.SequenceNumber"
LIST = "classes/GLTransactionInterface/lists/_generic"


def numbers(reply, name=SEQUENCE):
    return [one[name] for one in reply.records]


def test_list_shows_five_records_unless_told_otherwise(client, row):
    client.stage(*(row(number) for number in range(1, 9)))

    reply = client.fsm("GET", LIST, {"_fields": f"{SEQUENCE},AccountCode"})

    assert reply.json[0] == {"_count": 5, "_links": []}
    assert reply.records[0] == {SEQUENCE: "1", "AccountCode": "11500"}
    assert len(reply.records) == 5


def test_list_goes_on_after_an_offset(client, row):
    client.stage(*(row(number) for number in range(1, 9)))

    assert numbers(client.list("GLTransactionInterface", _limit="3", _offset="6")) == ["7", "8"]


def test_list_has_a_second_shape(client, settings, row):
    settings(list_shape="records")
    client.stage(row())

    reply = client.fsm("GET", LIST, {"_fields": SEQUENCE})

    assert reply.json == {"_count": 1, "_records": [{"_fields": {SEQUENCE: "1"}}]}


def test_list_shows_its_keys_when_no_field_is_asked_for(client):
    assert client.fsm("GET", "classes/Currency/lists/_generic", {"_limit": "1"}).records == [{"Currency": "USD"}]


def test_fields_may_be_asked_for_one_by_one(client, row):
    client.stage(row())

    reply = client.fsm("GET", LIST, [("_fields", SEQUENCE), ("_fields", "AccountCode")])

    assert reply.records == [{SEQUENCE: "1", "AccountCode": "11500"}]


def test_count_alone_counts_everything_that_the_filter_lets_pass(client, row):
    client.stage(*(row(number, account="11500" if number > 2 else "40100") for number in range(1, 9)))

    reply = client.list("GLTransactionInterface", _recordCountOnly="true", _lplFilter='AccountCode = "11500"')

    assert reply.json == [{"_count": 6}]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('AccountCode = "40100"', ["2"]),
        ('AccountCode <> "40100"', ["1", "3"]),
        ('GLTransactionInterface.RunGroup = "XD1"', ["1", "2", "3"]),
        ('RunGroup="XD1" and AccountCode="11500"', ["1", "3"]),
        ('AccountCode = "40100" or SequenceNumber = "3"', ["2", "3"]),
        ('AccountCode = "11500" and SequenceNumber = "3" or SequenceNumber = "2"', ["2", "3"]),
        ('AccountCode = "11500" and (SequenceNumber = "3" or SequenceNumber = "2")', ["3"]),
        ('SequenceNumber >= "2" AND SequenceNumber < "10"', ["2", "3"]),
        ('Reference <> ""', []),
        ('Reference = ""', ["1", "2", "3"]),
    ],
)
def test_expression_filters(client, row, expression, found):
    client.stage(row(1), row(2, account="40100"), row(3))

    assert numbers(client.list("GLTransactionInterface", _lplFilter=expression)) == found


@pytest.mark.parametrize(
    "expression",
    [
        "AccountCode = 40100",
        'AccountCode == "40100"',
        'AccountCode = "40100',
        'AccountCode = "1" and',
        'AccountCode = "1" AccountCode = "2"',
        '(AccountCode = "1"',
        'AccountCode = "1")',
        'Nothing = "1"',
        "; drop",
        "and",
    ],
)
def test_expression_that_is_not_right_is_refused(client, expression):
    reply = client.list("GLTransactionInterface", _lplFilter=expression)

    assert (reply.status, reply.json["code"]) == (400, "400")


def test_unequal_to_nothing_is_refused_where_the_tenant_does(client, settings):
    settings(unequal_empty=False)

    assert client.list("GLTransactionInterface", _lplFilter='ErrorMessage <> ""').status == 400
    assert client.list("GLTransactionInterface", _lplFilter='ErrorMessage = ""').status == 200


def test_pairs_filter_and_must_all_hold(client, row):
    client.stage(row(1), row(2, account="40100"))

    assert numbers(client.list("GLTransactionInterface", _filter="RunGroup::XD1|AccountCode::40100")) == ["2"]
    assert client.list("GLTransactionInterface", _filter="RunGroup=XD1").status == 400
    assert client.list("GLTransactionInterface", _filter="Nothing::1").status == 400


@pytest.mark.parametrize(
    "query",
    [
        {"_limit": "0"},
        {"_limit": "many"},
        {"_offset": "-1"},
        {"_fields": "Nothing"},
        {"_out": "XML"},
        {"_recordCountOnly": "yes"},
        {"_paging": "NEXT"},
        {"limit": "5"},
    ],
)
def test_parameter_that_is_not_right_is_refused(client, query):
    assert client.list("GLTransactionInterface", **query).status == 400


def test_class_that_does_not_exist_is_named(client):
    reply = client.list("Nothing")

    assert (reply.status, reply.json["message"]) == (404, "Business class Nothing does not exist")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("GeneralLedgerChartAccount", {"GeneralLedgerChartAccount": "10110", "Active": "true", "AccountType": "1"}),
        ("AccountingEntity", {"AccountingEntity": "10", "FunctionalCurrency": "USD"}),
        ("AccountingUnit", {"AccountingUnit": "WMT-US", "AccountingEntity": "10"}),
        ("FinanceDimension1", {"FinanceDimension1": "WALMART"}),
        ("FinanceDimension2", {"FinanceDimension2": "US"}),
        ("FinanceDimension3", {"FinanceDimension3": "SELLER"}),
        ("Currency", {"Currency": "USD", "ISOCode": "USD", "NumberOfDecimals": "2"}),
        ("FinanceEnterpriseGroup", {"FinanceEnterpriseGroup": "1"}),
    ],
)
def test_master_data_can_be_listed(client, name, first):
    shown = client.list(name).records[0]

    assert shown == shown | first


def test_master_data_is_found_by_its_keys(client):
    reply = client.fsm("GET", "classes/Currency/actions/Find", {"Currency": "CLP"})

    assert reply.json["_fields"]["NumberOfDecimals"] == "0"


def test_periods_begin_on_the_first_and_do_not_tell_whether_they_are_open(client, simulator):
    simulator.control("periods", {"period": "2026-10", "open": False})

    found = client.list("GeneralLedgerClosePeriod", _lplFilter='BeginDate = "20261001"').records

    assert found == [
        {
            "FinanceEnterpriseGroup": "1",
            "GeneralLedgerCloseYear": "2026",
            "PeriodNumber": "10",
            "PeriodName": "October 2026",
            "BeginDate": "20261001",
        }
    ]


def test_staff_adds_customers_units_and_dimensions_and_takes_them_away(client, simulator):
    records = [{"code": "WALMART-US", "Name": "Walmart US"}]
    simulator.control("masters", {"class": "CompanyCustomer", "records": records})

    assert [one["Name"] for one in client.list("CompanyCustomer").records] == ["Walmart US"]
    simulator.control("masters", {"class": "CompanyCustomer", "remove": ["WALMART-US"]})
    assert client.list("CompanyCustomer").records == []


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("masters", {"class": "Nothing", "records": [{"code": "1"}]}),
        ("masters", {"class": "Currency", "records": [{"code": "1", "Colour": "red"}]}),
        ("masters", {"class": "Currency", "records": {}}),
        ("periods", {"period": "2026-13", "open": True}),
        ("periods", {"period": "2026-10"}),
        ("periods", {"first": "2026-10-02", "last": "2026-10-01", "open": True}),
        ("periods", {"first": "1999-10-02", "last": "1999-10-03", "open": True}),
        ("periods", {"first": "soon", "last": "later", "open": True}),
        ("interface", {"fail": "explode"}),
        ("interface", {"fail": "error", "rows": "all"}),
        ("interface", {"fail": "error", "times": 0}),
        ("accounts", {"accounts": [{"code": "1"}]}),
        ("ionapi", {"flavour": "sweet"}),
        ("settings", {"list_shape": "tree"}),
    ],
)
def test_control_verb_that_cannot_be_done_says_why(simulator, verb, body):
    with pytest.raises(ValueError, match="error"):
        simulator.control(verb, body)


def test_account_that_staff_adds_is_in_the_chart(client, simulator):
    simulator.control("accounts", {"accounts": [{"account": "40300", "description": "Sales, toys", "type": "4"}]})

    found = client.list("GeneralLedgerChartAccount", _lplFilter='GeneralLedgerChartAccount = "40300"').records

    assert found[0]["AccountDescription"] == "Sales, toys"


def test_verb_without_a_tenant_is_for_all_and_with_one_for_that_alone(client, simulator):
    simulator.control("accounts", {"accounts": [{"account": "40300"}]})
    simulator.control("accounts", {"accounts": [{"account": "40400"}], "tenant": "OTHER_TST"})

    known = {one["GeneralLedgerChartAccount"] for one in client.list("GeneralLedgerChartAccount").records}

    assert "40300" in known
    assert "40400" not in known


def test_large_list_takes_longer_than_the_gateway_waits(client, settings):
    settings(list_rows=10)

    assert client.list("GeneralLedgerChartAccount").status == 504
    assert client.list("GeneralLedgerChartAccount", _limit="10").status == 200


def test_message_of_a_row_stands_under_a_key_with_a_space_where_that_is_set(client, settings, row):
    settings(spaced_error_key=True)
    client.stage(row(account="49999"))
    client.interface()
    client.wait()

    reply = client.fsm("GET", LIST, {"_fields": f"{SEQUENCE},ErrorMessage"})

    assert reply.records == [{SEQUENCE: "1", " ErrorMessage": "Account 49999 is not valid"}]


def test_state_shows_everything_with_its_tenant(client, simulator, entry):
    client.stage(*entry())
    client.interface()

    state = simulator.control("state")

    assert state["tenants"] == [{"tenant": "DEMO_TST"}, {"tenant": "ACME_TST"}]
    assert {one["tenant"] for one in state["staged"]} == {"ACME_TST"}
    assert [one["name"] for one in state["running"]] == ["XD1"]
    assert [request["write"] for request in state["requests"]] == [False, True, True]
