from __future__ import annotations

import pytest

STAGE = "classes/GLTransactionInterface/actions/CreateUnreleased"
DELETE = (
    "ldrest/GLTransactionInterface/DeleteAllTransactionsForRunGroup_DeleteAllTransactionsForRunGroupForm_FormOperation"
)
RESET = "ldrest/GLTransactionInterface/ResetAllErrors_ResetAllErrorsForm_FormOperation"
SEQUENCE = "GLTransactionInterface.SequenceNumber"
GROUP = "GLTransactionInterface.RunGroup"


def test_batch_answers_an_element_for_each_row_and_a_summary(client, entry):
    reply = client.stage(*entry())

    assert reply.status == 200
    assert reply.json == [
        {"_fields": {GROUP: "XD1", SEQUENCE: "1", "Status": "0"}, "message": "GLTransactionInterface created"},
        {"_fields": {GROUP: "XD1", SEQUENCE: "2", "Status": "0"}, "message": "GLTransactionInterface created"},
        {"batchStatus": "0"},
    ]
    assert [one["TransactionAmount"] for one in client.staged()] == ["10.00", "-10.00"]


def test_row_whose_key_is_taken_fails_inside_an_answer_of_200(client, row):
    client.stage(row(2))

    reply = client.stage(row(1), row(2, "99.00"), row(3))

    assert reply.status == 200
    assert reply.json[1] == {"_fields": {SEQUENCE: "2"}, "exception": "Record already exists"}
    assert reply.json[-1] == {"batchStatus": "1"}
    assert {one[SEQUENCE]: one["TransactionAmount"] for one in client.staged()} == {
        "1": "10.00",
        "2": "10.00",
        "3": "10.00",
    }


def test_row_twice_in_one_batch_is_created_once(client, row):
    reply = client.stage(row(1), row(1))

    assert [("exception" in one) for one in reply.json] == [False, True, False]
    assert len(client.staged()) == 1


@pytest.mark.parametrize(("allowed", "created"), [("0", 1), ("1", 2), ("-1", 3)])
def test_batch_stops_when_more_rows_failed_than_allowed(client, row, allowed, created):
    rows = [row(1), row(1), row(2), row(2), row(3)]

    reply = client.stage(*rows, query={"_maxFailures": allowed})

    assert len(client.staged()) == created
    assert reply.json[-1] == {"batchStatus": "1"}


@pytest.mark.parametrize(
    "name",
    ["FinanceEnterpriseGroup", GROUP, SEQUENCE, "AccountingEntity", "AccountCode", "PostingDate"],
)
@pytest.mark.parametrize("value", [..., "", " "])
def test_missing_required_field_refuses_the_whole_batch(client, row, name, value):
    reply = client.stage(row(1), row(2, **{name: value}))

    assert reply.status == 400
    assert reply.json == {"code": "400", "message": f"{name.rpartition('.')[2]} is required"}
    assert client.staged() == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Account": "11500"}, "Field Account is not valid"),
        ({"TransactionAmount": 10}, "TransactionAmount must be a string"),
        ({"AutoReverse": True}, "AutoReverse must be a string"),
        ({"Reference": None}, "Reference must be a string"),
    ],
)
def test_unknown_field_or_one_that_is_no_text_refuses_the_whole_batch(client, row, changes, message):
    reply = client.stage(row(1), row(2, **changes))

    assert (reply.status, reply.json["message"]) == (400, message)
    assert client.staged() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"PostingDate": "2026-03-02"},
        {"PostingDate": "20260231"},
        {"TransactionDate": "today"},
        {"TransactionAmount": "1,000.00"},
        {"TransactionAmount": "1E3"},
        {"TransactionAmount": "+5"},
        {"Status": "9"},
        {SEQUENCE: "one"},
        {GROUP: "X" * 31},
    ],
)
def test_value_that_cannot_be_stored_fails_its_row_alone(client, row, changes):
    reply = client.stage(row(1, **changes), row(2))

    assert reply.status == 200
    assert reply.json[0]["exception"]
    assert [one[SEQUENCE] for one in client.staged()] == ["2"]


def test_run_group_of_thirty_characters_fits(client, row):
    assert client.stage(row(group="X" * 30)).json[-1] == {"batchStatus": "0"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"{}",
        {"_records": []},
        {"_records": {}},
        {"_records": [{"_fields": {}}]},
        {"_records": [{"message": "x", "_fields": []}]},
        {"_records": [None]},
        {"_records": [], "more": 1},
    ],
)
def test_body_of_another_form_is_refused(client, body):
    reply = client.fsm("POST", f"{STAGE}/batch", body=body)

    assert reply.status == 400
    assert reply.json["code"] == "400"


@pytest.mark.parametrize("query", [{"_maxFailures": "none"}, {"_maxfailures": "0"}])
def test_parameter_that_is_not_known_is_refused(client, row, query):
    assert client.stage(row(), query=query).status == 400


def test_single_row_is_created_and_its_double_refused(client, row):
    first = client.fsm("POST", STAGE, body=row())
    second = client.fsm("POST", STAGE, body=row())

    assert first.json["message"] == "GLTransactionInterface created"
    assert (second.status, second.json) == (400, {"code": "400", "message": "Record already exists"})


def test_staged_row_is_found_by_its_key(client, row):
    client.stage(row(7, Reference="PO 1"))
    key = {"FinanceEnterpriseGroup": "1", GROUP: "XD1", SEQUENCE: "7"}

    found = client.fsm("GET", "classes/GLTransactionInterface/actions/Find", key)
    missing = client.fsm("GET", "classes/GLTransactionInterface/actions/Find", key | {SEQUENCE: "8"})

    assert found.json["_fields"]["Reference"] == "PO 1"
    assert (missing.status, missing.json["message"]) == (400, "Record does not exist")
    assert (
        client.fsm("GET", "classes/GLTransactionInterface/actions/Find").json["message"]
        == "FinanceEnterpriseGroup is required"
    )


def test_run_group_is_deleted_whole_and_others_stay(client, row):
    client.stage(row(1), row(2), row(1, group="XD2"))

    reply = client.fsm("GET", DELETE, {"PrmRunGroup": "XD1", "_cmAll": "true"})

    assert reply.status == 200
    assert [one[GROUP] for one in client.staged()] == ["XD2"]
    assert client.stage(row(1)).json[-1] == {"batchStatus": "0"}


@pytest.mark.parametrize("operation", [DELETE, RESET])
def test_form_operation_needs_its_run_group_and_knows_its_parameters(client, operation):
    assert client.fsm("GET", operation, {"_cmAll": "true"}).json["message"] == "RunGroup is required"
    assert client.fsm("GET", operation, {"PrmRunGroup": "X", "_cmAll": "yes"}).status == 400
    assert client.fsm("GET", operation, {"PrmRunGroup": "X", "RunGroup": "X"}).status == 400


def test_run_group_is_written_in_upper_case_where_the_system_does(client, settings, row):
    settings(run_group_case="upper")
    client.stage(row(group="xd1"))

    assert [one[GROUP] for one in client.staged()] == ["XD1"]
    assert client.stage(row(group="XD1")).json[0]["exception"] == "Record already exists"


def test_list_sees_a_staged_row_after_the_read_lag(client, settings, row):
    settings(read_lag_s=30)
    client.stage(row())
    assert client.staged() == []

    client.wait(30)

    assert len(client.staged()) == 1
