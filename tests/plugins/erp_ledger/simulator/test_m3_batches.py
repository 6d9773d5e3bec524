from __future__ import annotations

import pytest

KEY = {"CONO": "100", "DIVI": "AAA", "KEY1": "XD260302US00001"}
HEAD = {**KEY, "INTN": "XDWMT", "DESC": "Walmart US 2026-03-02"}


@pytest.fixture
def line(day):
    """A line's inputs; `changes` are fields (... leaves one out)."""

    def make(number=1, amount="70.97", account="11500", **changes):
        fields = {
            "DIVI": "AAA",
            "KEY1": KEY["KEY1"],
            "LINE": str(number),
            "INRI": "I1",
            "GRNR": "1",
            "AIT1": account,
            "AIT2": "WMTUS",
            "CUCD": "USD",
            "CUAM": amount,
            "ACAM": amount,
            "DBCR": "C" if amount.startswith("-") else "D",
            "ACDT": day,
            "VTXT": "WMT 108812345678901 SALE",
        }
        return {name: value for name, value in (fields | changes).items() if value is not ...}

    return make


@pytest.fixture
def batch(client, line):
    """A batch of two lines, not checked yet."""

    def make(**changes):
        client.m3("AddBatchHead", **HEAD)
        client.m3("AddBatchLineFld", **line(1, **changes))
        return client.m3("AddBatchLineFld", **line(2, "-70.97", account="40100", **changes))

    return make


@pytest.fixture
def vouchers(simulator):
    """How often each text was posted."""
    return lambda: {fact.key: fact.count for fact in simulator.journal.facts("voucher")}


def failure(result):
    return result["errorType"], result["errorField"]


def test_batch_goes_into_the_ledger_by_a_job_that_ends_later(client, batch, vouchers):
    batch()

    assert client.m3("CtrlBatch", **KEY)["records"] == [{"CONO": "100"}]
    assert client.m3("UpdBatch", **KEY)["records"] == [{"CONO": "100"}]

    assert vouchers() == {}
    client.wait(1)
    assert vouchers() == {"WMT 108812345678901 SALE": 1}


def test_answer_counts_what_succeeded_with_the_spelling_of_the_real_one(client):
    reply = client.call("GET", "M3/m3api-rest/v2/execute/GLS840MI/AddBatchHead", HEAD | {"cono": "100"})

    assert reply.json == {
        "results": [{"transaction": "AddBatchHead", "parameters": {}, "records": [{"CONO": "100"}]}],
        "wasTerminated": False,
        "nrOfSuccessfullTransactions": 1,
        "nrOfNotProcessedTransactions": 0,
        "nrOfFailedTransactions": 0,
    }


def test_batch_that_exists_fails_inside_an_answer_of_200(client):
    client.m3("AddBatchHead", **HEAD)

    reply = client.call("GET", "M3/m3api-rest/v2/execute/GLS840MI/AddBatchHead", HEAD)

    assert (reply.status, reply.json["nrOfFailedTransactions"]) == (200, 1)
    assert reply.json["results"] == [
        {
            "transaction": "AddBatchHead",
            "parameters": {"KEY1": KEY["KEY1"]},
            "errorMessage": "The record already exists",
            "errorType": "ServerReturnedNOK",
            "errorCode": "XRE0104",
            "errorField": "KEY1",
            "errorCfg": "",
            "notProcessed": False,
        }
    ]


@pytest.mark.parametrize("name", ["CONO", "KEY1", "INTN", "DESC"])
def test_head_needs_its_mandatory_fields(client, name):
    result = client.m3("AddBatchHead", **{**HEAD, name: ""})

    assert failure(result) == ("MandatoryInputFieldNotFound", name)


@pytest.mark.parametrize("name", ["KEY1", "LINE", "INRI"])
def test_line_needs_its_mandatory_fields(client, line, name):
    client.m3("AddBatchHead", **HEAD)

    assert failure(client.m3("AddBatchLineFld", **line(**{name: ...}))) == ("MandatoryInputFieldNotFound", name)


@pytest.mark.parametrize(
    ("name", "length"), [("VTXT", 40), ("AIT1", 10), ("GRNR", 10), ("KEY1", 15), ("LINE", 7), ("VRNO", 16)]
)
def test_field_that_is_too_long_is_refused_and_not_cut(client, line, name, length):
    client.m3("AddBatchHead", **HEAD)

    assert failure(client.m3("AddBatchLineFld", **line(**{name: "1" * (length + 1)}))) == ("InputFieldTooLong", name)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account": "49999"}, "AIT1"),
        ({"account": ""}, "AIT1"),
        ({"AIT2": "WMTXX"}, "AIT2"),
        ({"CUCD": "XXX"}, "CUCD"),
        ({"ACDT": "2026-03-02"}, "ACDT"),
        ({"ACDT": "19990101"}, "ACDT"),
        ({"INRI": "X9"}, "INRI"),
        ({"DBCR": "C"}, "DBCR"),
        ({"DBCR": "X"}, "DBCR"),
        ({"CUAM": "70,97"}, "CUAM"),
        ({"CUAM": "70.975"}, "CUAM"),
        ({"CUAM": "much"}, "CUAM"),
        ({"CUAM": ...}, "CUAM"),
        ({"ACAM": "70.98"}, "ACAM"),
        ({"CUCD": "CAD", "ACAM": ...}, "ARAT"),
        ({"SHDT": "soon"}, "SHDT"),
        ({"LINE": "1.5"}, "LINE"),
        ({"COLOUR": "red"}, "COLOUR"),
        ({"KEY1": "NONE"}, "KEY1"),
    ],
)
def test_line_that_is_not_right_is_refused_at_once_and_names_its_field(client, line, changes, field):
    client.m3("AddBatchHead", **HEAD)

    assert failure(client.m3("AddBatchLineFld", **line(**changes))) == ("ServerReturnedNOK", field)


def test_line_number_can_be_used_once(client, line, batch):
    batch()

    result = client.m3("AddBatchLineFld", **line(2))

    assert (result["errorCode"], result["errorField"]) == ("XRE0104", "LINE")


def test_closed_period_is_refused(client, simulator, batch):
    simulator.control("periods", {"period": "2026-03", "open": False})

    assert batch(ACDT="20260302")["errorField"] == "ACDT"


def test_account_is_judged_by_the_check_alone_where_lines_are_not(client, settings, line):
    settings(line_checks=False)
    client.m3("AddBatchHead", **HEAD)

    assert "records" in client.m3("AddBatchLineFld", **line(account="49999"))

    assert client.m3("CtrlBatch", **KEY)["errorField"] == "AIT1"


def test_batch_out_of_balance_is_refused_by_the_check(client, line, batch):
    batch()
    client.m3("AddBatchLineFld", **line(3, "0.01", account="40900"))

    result = client.m3("CtrlBatch", **KEY)

    assert failure(result) == ("ServerReturnedNOK", "ACAM")
    assert result["errorMessage"] == "Voucher 1 is out of balance by 0.01"


def test_each_voucher_of_a_batch_balances_by_itself(client, line):
    client.m3("AddBatchHead", **HEAD)
    client.m3("AddBatchLineFld", **line(1, GRNR="1"))
    client.m3("AddBatchLineFld", **line(2, "-70.97", GRNR="2"))

    assert client.m3("CtrlBatch", **KEY)["errorField"] == "ACAM"


def test_empty_batch_is_refused_by_the_check(client):
    client.m3("AddBatchHead", **HEAD)

    assert client.m3("CtrlBatch", **KEY)["errorField"] == "KEY1"


def test_batch_must_be_checked_after_its_last_line_before_it_is_updated(client, line, batch):
    batch()
    assert "not checked" in client.m3("UpdBatch", **KEY)["errorMessage"]
    client.m3("CtrlBatch", **KEY)
    client.m3("AddBatchLineFld", **line(3, "1.00"))

    assert "not checked" in client.m3("UpdBatch", **KEY)["errorMessage"]


def test_batch_is_updated_once(client, line, batch, vouchers):
    batch()
    client.m3("CtrlBatch", **KEY)
    client.m3("UpdBatch", **KEY)

    refused = [client.m3(name, **KEY)["errorMessage"] for name in ("UpdBatch", "CtrlBatch")]
    client.wait()
    refused.append(client.m3("UpdBatch", **KEY)["errorMessage"])
    refused.append(client.m3("AddBatchLineFld", **line(3))["errorMessage"])

    assert set(refused) == {f"Batch {KEY['KEY1']} is already updated"}
    assert client.m3("AddBatchHead", **HEAD)["errorCode"] == "XRE0104"
    assert vouchers() == {"WMT 108812345678901 SALE": 1}


def test_name_of_an_updated_batch_can_be_used_again_where_batches_are_cleaned_up(client, settings, batch, vouchers):
    settings(keep_batches=False)
    for _ in range(2):
        batch()
        client.m3("CtrlBatch", **KEY)
        client.m3("UpdBatch", **KEY)
        client.wait()

    assert vouchers() == {"WMT 108812345678901 SALE": 2}


def test_same_posting_in_another_batch_counts_twice_although_its_text_names_the_batch(client, line, vouchers):
    for name in ("XD1", "XD2"):
        key = {**KEY, "KEY1": name}
        client.m3("AddBatchHead", **{**HEAD, "KEY1": name})
        client.m3("AddBatchLineFld", **line(1, KEY1=name, VTXT=f"{name} 1088 SALE"))
        client.m3("AddBatchLineFld", **line(2, "-70.97", KEY1=name, account="40100", VTXT=f"{name} 1088 SALE"))
        client.m3("CtrlBatch", **key)
        client.m3("UpdBatch", **key)
        client.wait()

    assert vouchers() == {"1088 SALE": 2}


def test_entry_that_is_in_a_voucher_twice_counts_twice(client, line, batch, vouchers):
    batch()
    client.m3("AddBatchLineFld", **line(3))
    client.m3("AddBatchLineFld", **line(4, "-70.97", account="40100"))
    client.m3("CtrlBatch", **KEY)
    client.m3("UpdBatch", **KEY)
    client.wait()

    assert vouchers() == {"WMT 108812345678901 SALE": 2}


def test_period_that_closes_before_the_job_ends_leaves_nothing_in_the_ledger(client, simulator, batch, vouchers):
    batch(ACDT="20260302")
    client.m3("CtrlBatch", **KEY)
    client.m3("UpdBatch", **KEY)
    simulator.control("periods", {"period": "2026-03", "open": False})
    client.wait()

    assert vouchers() == {}
    assert [one["state"] for one in simulator.control("state")["batches"]] == ["failed"]
    assert client.m3("CtrlBatch", **KEY)["errorField"] == "ACDT"


@pytest.mark.parametrize("way", ["crash", "error"])
def test_job_can_be_told_to_fail_and_the_batch_to_be_tried_again(client, simulator, batch, vouchers, way):
    simulator.control("interface", {"fail": way, "run_group": KEY["KEY1"]})
    batch()
    client.m3("CtrlBatch", **KEY)
    client.m3("UpdBatch", **KEY)
    client.wait()
    assert vouchers() == {}

    client.m3("CtrlBatch", **KEY)
    client.m3("UpdBatch", **KEY)
    client.wait()

    assert vouchers() == {"WMT 108812345678901 SALE": 1}


def test_update_is_answered_504_when_it_outlives_the_gateway_and_the_job_goes_on(client, settings, batch, vouchers):
    settings(start_s=61)
    batch()
    client.m3("CtrlBatch", **KEY)

    reply = client.call("GET", "M3/m3api-rest/v2/execute/GLS840MI/UpdBatch", KEY)

    assert reply.status == 504
    client.wait()
    assert vouchers() == {"WMT 108812345678901 SALE": 1}


def test_template_must_exist_and_be_of_the_usage_type(client, line):
    assert client.m3("AddBatchHead", **{**HEAD, "INTN": "NONE"})["errorField"] == "INTN"

    client.m3("AddBatchHead", **{**HEAD, "INTN": "XDPOS"})

    assert "usage type" in client.m3("AddBatchLineFld", **line())["errorMessage"]


def parm(amount, account, day, **changes):
    cells = {"id": "I1", "run": "000000001", "group": "00000001", "divi": "AAA"} | changes
    start = f"{cells['id']:<2}{cells['run']:<9}{cells['group']:<8}{cells['divi']:<3}"
    side = "C" if amount.startswith("-") else "D"
    return f"{start}{account:<10}{'WMTUS':<10}{'':<10}USD{amount:>17}{amount:>17}{side}{day:<8}WMT SALE"


def test_lines_by_position_are_read_by_the_template(client, day, vouchers):
    client.m3("AddBatchHead", **{**HEAD, "INTN": "XDPOS"})
    for number, (amount, account) in enumerate([("70.97", "11500"), ("-70.97", "40100")], 1):
        result = client.m3("AddBatchLine", **KEY, LINE=str(number), PARM=parm(amount, account, day))
        assert result["records"] == [{"CONO": "100"}]
    client.m3("CtrlBatch", **KEY)
    client.m3("UpdBatch", **KEY)
    client.wait()

    assert vouchers() == {"WMT SALE": 1}


@pytest.mark.parametrize("changes", [{"divi": "BBB"}, {"id": ""}, {"group": " 1"}])
def test_line_by_position_whose_columns_are_not_right_is_refused(client, day, changes):
    client.m3("AddBatchHead", **{**HEAD, "INTN": "XDPOS"})

    result = client.m3("AddBatchLine", **KEY, LINE="1", PARM=parm("70.97", "11500", day, **changes))

    assert result["errorField"] == "PARM"


def test_line_by_position_must_not_go_beyond_the_template(client, day):
    client.m3("AddBatchHead", **{**HEAD, "INTN": "XDPOS"})

    result = client.m3("AddBatchLine", **KEY, LINE="1", PARM=parm("1.00", "11500", day).ljust(140) + "more")

    assert result["errorField"] == "PARM"


def test_amounts_have_a_comma_where_the_service_user_writes_one(client, settings, line):
    settings(decimal_comma=True)
    client.m3("AddBatchHead", **HEAD)

    assert client.m3("AddBatchLineFld", **line(1, "70.97"))["errorField"] == "CUAM"
    assert "records" in client.m3("AddBatchLineFld", **line(1, "70,97"))


def test_side_alone_says_the_sign_where_amounts_have_none(client, settings, line):
    settings(signed_amounts=False)
    client.m3("AddBatchHead", **HEAD)
    assert client.m3("AddBatchLineFld", **line(1, "-70.97"))["errorField"] == "CUAM"
    client.m3("AddBatchLineFld", **line(1))
    client.m3("AddBatchLineFld", **line(2, account="40100", DBCR="C"))

    assert "records" in client.m3("CtrlBatch", **KEY)


def test_foreign_currency_needs_a_rate_or_a_local_amount(client, line):
    client.m3("AddBatchHead", **HEAD)
    client.m3("AddBatchLineFld", **line(1, "100.00", CUCD="CAD", ACAM=..., ARAT="0.73"))
    client.m3("AddBatchLineFld", **line(2, "-100.00", CUCD="CAD", ACAM="-73.00", account="40100"))

    assert "records" in client.m3("CtrlBatch", **KEY)


@pytest.mark.parametrize(("divi", "kind"), [("", "MandatoryInputFieldNotFound"), ("ZZZ", "ServerReturnedNOK")])
def test_division_is_needed_where_divisions_are_used(client, divi, kind):
    result = client.m3("AddBatchHead", **{**HEAD, "DIVI": divi, "divi": ""})

    assert failure(result) == (kind, "DIVI")


def test_company_must_exist(client):
    assert client.m3("AddBatchHead", **{**HEAD, "CONO": "999"})["errorField"] == "CONO"


def test_bulk_answers_each_transaction_in_order(client, line):
    wanted = [("AddBatchHead", HEAD), *(("AddBatchLineFld", line(number)) for number in (1, 1, 2))]

    reply = client.bulk(*wanted)

    assert reply.status == 200
    assert [("errorMessage" in one) for one in reply.json["results"]] == [False, False, True, False]
    assert (reply.json["nrOfSuccessfullTransactions"], reply.json["nrOfFailedTransactions"]) == (3, 1)


def test_bulk_ends_at_its_first_failure_where_the_tenant_does(client, settings, line):
    settings(bulk_stops=True, m3_booleans="text")

    reply = client.bulk(("AddBatchHead", HEAD), ("AddBatchHead", HEAD), ("AddBatchLineFld", line()))

    assert reply.json["wasTerminated"] == "true"
    assert reply.json["results"][2]["notProcessed"] == "true"
    assert (reply.json["nrOfFailedTransactions"], reply.json["nrOfNotProcessedTransactions"]) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        [],
        {"program": "GLS840MI"},
        {"program": "GLS840MI", "transactions": []},
        {"program": "GLS840MI", "transactions": ["CtrlBatch"]},
        {"program": "GLS840MI", "transactions": [{"transaction": "CtrlBatch"}]},
        {"program": "GLS840MI", "transactions": [{"transaction": "CtrlBatch", "record": {"KEY1": None}}]},
        {"program": "GLS840MI", "transactions": [{"transaction": "CtrlBatch", "record": {}}], "colour": 1},
        {"program": "GLS840MI", "transactions": [{"transaction": "CtrlBatch", "record": {}}], "rightTrim": "maybe"},
    ],
)
def test_bulk_of_another_form_is_refused(client, body):
    assert client.call("POST", "M3/m3api-rest/v2/execute", body=body).status == 400


@pytest.mark.parametrize("query", [{"maxrecs": "all"}, {"righttrim": "yes"}, {"dateformat": "DMY6"}, {"colour": "red"}])
def test_context_that_is_not_known_is_refused(client, query):
    assert client.call("GET", "M3/m3api-rest/v2/execute/GLS840MI/CtrlBatch", KEY | query).status == 400


@pytest.mark.parametrize(("program", "name"), [("GLS840MI", "Explode"), ("MMS001MI", "Add")])
def test_transaction_that_does_not_exist_is_not_found(client, program, name):
    result = client.m3(name, program=program)

    assert (result["errorType"], result["errorField"]) == ("TransactionNotFound", "")


def test_program_without_a_role_is_forbidden(client, settings):
    settings(forbidden=["GLS840MI"])

    assert client.call("GET", "M3/m3api-rest/v2/execute/GLS840MI/CtrlBatch", KEY).status == 403
    assert client.bulk(("CtrlBatch", KEY)).status == 403


def test_log_tells_reads_from_writes(client, simulator):
    client.m3("LstVouchersByDt", program="GLS200MI", FRDT="20260301", TODT="20260331")
    client.m3("CtrlBatch", **KEY)

    assert [one["write"] for one in simulator.control("state")["requests"]] == [False, False, True]
