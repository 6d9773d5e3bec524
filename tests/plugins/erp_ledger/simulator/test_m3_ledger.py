from __future__ import annotations

import pytest

KEY = {"CONO": "100", "DIVI": "AAA", "KEY1": "XD260302US00001"}


@pytest.fixture
def books(client):
    """Two vouchers, on two days."""
    client.m3("AddBatchHead", **KEY, INTN="XDWMT", DESC="Walmart")
    number = 0
    for group, day in (("1", "20260302"), ("2", "20260410")):
        for amount, account in (("70.97", "11500"), ("-70.97", "40100")):
            number += 1
            client.m3(
                "AddBatchLineFld", KEY1=KEY["KEY1"], LINE=str(number), INRI="I1", GRNR=group, AIT1=account,
                AIT2="WMTUS", CUAM=amount, ACDT=day, VTXT=f"WMT {group} SALE",
            )  # fmt: skip
    client.m3("CtrlBatch", **KEY)
    client.m3("UpdBatch", **KEY)
    client.wait()
    return lambda name, **fields: client.m3(name, program="GLS200MI", **fields)


def test_vouchers_are_listed_line_by_line_between_two_dates(books):
    lines = books("LstVouchersByDt", FRDT="20260301", TODT="20260331")["records"]

    assert [(one["AIT1"], one["ACAM"], one["DBCR"]) for one in lines] == [
        ("11500", "70.97", "D"),
        ("40100", "-70.97", "C"),
    ]
    assert lines[0]["VTXT"] == "WMT 1 SALE"
    assert (lines[0]["ACYP"], lines[0]["YEA4"], lines[0]["CUCD"]) == ("202603", "2026", "USD")


def test_lines_of_one_voucher_are_listed(books):
    first = books("LstVouchersByDt", FRDT="20260401", TODT="20260430")["records"][0]

    lines = books("LstVoucherLines", DIVI="AAA", YEA4=first["YEA4"], VONO=first["VONO"])["records"]

    assert [one["JSNO"] for one in lines] == ["3", "4"]
    assert books("LstVoucherLines", DIVI="AAA", YEA4="2026", VONO="1")["records"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('VTXT:"WMT 1 SALE"', ["1", "2"]),
        ("VTXT:WMT*", ["1", "2", "3", "4"]),
        ("AIT1:40100", ["2", "4"]),
        ("ACDT:[20260301 TO 20260331] AND AIT1:11500", ["1"]),
        ("ACDT:[20260301 TO 20260331] AIT1:11500", ["1"]),
        ("AIT1:nothing", []),
    ],
)
def test_ledger_can_be_searched(books, query, found):
    assert [one["JSNO"] for one in books("SearchGenLedger", SQRY=query)["records"]] == found


@pytest.mark.parametrize("query", ["nothing", "ABCD:1", 'VTXT:"open', "AIT1:", "AIT1:[1 TO ]"])
def test_search_that_is_not_right_is_refused(books, query):
    assert books("SearchGenLedger", SQRY=query)["errorField"] == "SQRY"


def test_search_shows_the_outputs_of_its_table_and_no_text(books):
    record = books("SearchGenLedger", SQRY="AIT1:11500")["records"][0]

    assert "VTXT" not in record
    assert (record["ACAM"], record["FILE"]) == ("70.97", "FGLEDG")


def test_number_of_records_and_columns_can_be_chosen(books):
    asked = {"FRDT": "20260101", "TODT": "20261231"}

    assert len(books("LstVouchersByDt", **asked, maxrecs="3")["records"]) == 3
    assert len(books("LstVouchersByDt", **asked, maxrecs="0")["records"]) == 4
    assert books("LstVouchersByDt", **asked, maxrecs="1", returncols="AIT1,ACAM")["records"] == [
        {"AIT1": "11500", "ACAM": "70.97"}
    ]


def test_empty_values_can_be_left_out_and_texts_padded(books):
    asked = {"FRDT": "20260101", "TODT": "20261231", "maxrecs": "1", "returncols": "AIT1,AIT3"}

    assert books("LstVouchersByDt", **asked, excludeempty="true")["records"] == [{"AIT1": "11500"}]
    assert books("LstVouchersByDt", **asked, righttrim="false")["records"] == [{"AIT1": "11500     ", "AIT3": " " * 10}]


def test_ledger_is_seen_after_the_read_lag(client, settings, books):
    client.wait(100)
    settings(read_lag_s=30)
    client.wait(10)
    assert len(books("LstVouchersByDt", FRDT="20260101", TODT="20261231")["records"]) == 4
    client.m3("AddBatchHead", **{**KEY, "KEY1": "B"}, INTN="XDWMT", DESC="x")
    for number, amount in enumerate(("1.00", "-1.00"), 1):
        client.m3(
            "AddBatchLineFld", KEY1="B", LINE=str(number), INRI="I1", AIT1="11500", CUAM=amount, ACDT="20260302"
        )  # fmt: skip
    client.m3("CtrlBatch", **{**KEY, "KEY1": "B"})
    client.m3("UpdBatch", **{**KEY, "KEY1": "B"})
    client.wait(2)
    assert len(books("LstVouchersByDt", FRDT="20260101", TODT="20261231")["records"]) == 4

    client.wait(30)

    assert len(books("LstVouchersByDt", FRDT="20260101", TODT="20261231")["records"]) == 6


def test_date_that_is_none_is_refused(books):
    assert books("LstVouchersByDt", FRDT="2026-03-01", TODT="20261231")["errorField"] == "FRDT"
    assert books("LstVouchersByDt", FRDT="20260301")["errorType"] == "MandatoryInputFieldNotFound"
