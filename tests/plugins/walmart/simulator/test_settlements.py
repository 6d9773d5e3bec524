"""Settlement reports of the simulated marketplace: they follow from its own orders and refunds."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal

import pytest

from crossdock.jsonio import loads

LINES = [{"sku": "KET-BLU", "quantity": 3, "line_number": 4, "price": "10.00"}]
FILE = "/v3/report/reconreport/reconFile"
BINARY = {"Accept": "application/octet-stream"}


@pytest.fixture
def shipped(walmart, simulator):
    walmart.place(lines=[{"sku": "A", "price": "1.00"}])  # its charges vary with its number: the second has shipping
    (order_id,) = walmart.place(lines=LINES)
    simulator.control("ship", {"purchase_order_id": order_id})
    return order_id


def close(simulator, **asked):
    closed = simulator.control("settlements", asked)
    return closed, closed["rows"][1:]


def parts(rows):
    return [(row["Transaction Type"], row["Amount Type"], row["Amount"]) for row in rows]


def downloaded(walmart, name):
    answer = walmart.get(f"{FILE}?reportDate={name}&reportVersion=v1", headers=BINARY)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        (only,) = archive.namelist()
        return archive.read(only).decode()


def refused(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"]["error"][0]["code"] == f"{code}.GMP_REPORT_API"


def test_report_has_a_row_for_each_amount_and_pays_their_sum(simulator, shipped):
    closed, rows = close(simulator)

    assert parts(rows) == [
        ("Sale", "Product Price", "30.00"),
        ("Sale", "Product tax", "2.48"),
        ("Sale", "Product tax withheld", "-2.48"),
        ("Sale", "Commission on Product", "-4.50"),
        ("Sale", "Shipping", "4.50"),
    ]
    assert closed["payable"] == sum(Decimal(row["Amount"]) for row in rows) == Decimal("30.00")
    assert closed["rows"][0]["Total Payable"] == "30.00"
    assert {row["Purchase Order #"] for row in rows} == {shipped}
    assert {row["Purchase Order line #"] for row in rows} == {"1"}  # not the order's own number, which is 4


def test_nothing_is_settled_twice(simulator, shipped):
    close(simulator)

    closed, rows = close(simulator, report_date="12052026")

    assert (rows, closed["payable"]) == ([], 0)
    with pytest.raises(ValueError, match="closed already"):
        close(simulator, report_date="12052026")


def test_parts_of_a_line_add_up_over_two_cycles(walmart, simulator):
    walmart.place(count=1)
    (order_id,) = walmart.place(lines=[{"sku": "A", "quantity": 3, "line_number": 1, "price": "3.35"}])
    totals = []
    for cycle in range(3):
        simulator.control("ship", {"purchase_order_id": order_id, "lines": {"1": 1}})
        _, rows = close(simulator, report_date=f"1{cycle}012026")
        totals += [Decimal(row["Amount"]) for row in rows if row["Amount Type"] == "Product tax"]

    assert len(totals) == 3
    assert sum(totals) == Decimal("0.83")


def test_refund_takes_back_price_tax_and_commission(simulator, shipped):
    close(simulator)
    order = {"purchase_order_id": shipped, "lines": [{"line": "4", "quantity": 1}], "excess": "2.00"}
    simulator.control("returns", {**order, "refund": "issued"})

    _, rows = close(simulator, report_date="12052026")

    assert parts(rows) == [
        ("Refund", "Product Price", "-12.00"),
        ("Refund", "Product tax", "-0.83"),
        ("Refund", "Product tax withheld", "0.83"),
        ("Refund", "Commission on Product", "1.50"),
    ]
    assert rows[0]["Transaction Description"] == "Return Refund"


def test_what_was_cancelled_or_not_shipped_never_appears(walmart, simulator):
    (order_id,) = walmart.place(lines=LINES)
    simulator.control("cancel", {"purchase_order_id": order_id})
    walmart.place()

    assert close(simulator)[1] == []


def test_fees_reserve_and_what_nobody_knows(simulator):
    fee = {"description": "Walmart Shipping Label Service Charge", "amount": "-3.65"}
    closed, rows = close(simulator, fees=[fee], reserve="10.00", unknown={"amount": "1.00"})
    assert parts(rows) == [
        ("Service Fee", "Fee/Reimbursement", "-3.65"),
        ("Mystery", "Mystery amount", "1.00"),
        ("Reserve", "Reserve", "-10.00"),
    ]
    assert closed["payable"] == Decimal("-12.65")  # negative: the seller owes

    _, rows = close(simulator, report_date="12052026", release=True)

    assert parts(rows) == [("Release Reserve", "Reserve", "10.00")]


def test_file_says_its_count_its_summary_and_then_its_rows(walmart, simulator, shipped):
    closed, rows = close(simulator)

    names, count, summary, *others = csv.reader(io.StringIO(downloaded(walmart, closed["report_date"])))

    assert count[0].strip() == f"Number of Lines in file {len(rows) + 1}"
    assert summary[names.index("Transaction Type")] == "PaymentSummary"
    assert [row[names.index("Amount")] for row in others] == [row["Amount"] for row in rows]
    assert others[0][names.index("Partner Item Name")] == 'Sample KET-BLU, 5" "new"'


def test_file_can_be_untidy(walmart, simulator, shipped):
    untidy = {"shuffle_columns": True, "bom": True, "extra_columns": ["Campaign Id"], "omit_columns": ["Partner GTIN"]}
    closed, _ = close(simulator, count_off=3, quote_all=True, **untidy)

    text = downloaded(walmart, closed["report_date"])

    names = next(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert text.startswith("\ufeff")
    assert "Campaign Id" in names
    assert "Partner GTIN" not in names
    assert names != sorted(names)
    assert "Number of Lines in file 9" in text


def test_row_is_tampered_with_repeated_or_damaged(simulator, shipped):
    closed, rows = close(simulator, tamper={"row": 1, "amount": "30.01"}, repeat=4, damage=1)

    assert rows[0]["Amount"] == "30.01"
    assert rows[3] == rows[5]
    assert "E+14" in rows[0]["Purchase Order #"]
    assert closed["payable"] == Decimal("25.50")


def test_cut_file_is_no_archive(walmart, simulator, shipped):
    closed, _ = close(simulator, cut=True)
    answer = walmart.get(f"{FILE}?reportDate={closed['report_date']}&reportVersion=v1", headers=BINARY)

    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(answer.content))


def test_dates_are_listed_as_they_are_asked_for(walmart, simulator):
    path = "/v3/report/reconreport/availableReconFiles"
    assert walmart.get(f"{path}?reportVersion=v1").json() == {"availableApReportDates": []}

    close(simulator, report_date="09152026")

    assert walmart.get(f"{path}?reportVersion=v1").json() == {"availableApReportDates": ["09152026"]}
    assert walmart.get(path).json() == {"availableApReportDates": []}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?reportVersion=v1", 400, "MISSING_REQUEST_PARAM"),
        ("?reportDate=09152026", 400, "INVALID_REQUEST_PARAM"),
        ("?reportDate=2026-09-15&reportVersion=v1", 404, "CONTENT_NOT_FOUND"),
    ],
)
def test_file_that_is_not_there_is_refused(walmart, simulator, query, status, code):
    close(simulator, report_date="09152026")

    refused(walmart.get(FILE + query, headers=BINARY), status, code)


@pytest.mark.parametrize("media_type", ["text/csv", "application/json"])
def test_file_is_binary_and_nothing_else(walmart, simulator, media_type):
    close(simulator, report_date="09152026")

    answer = walmart.get(f"{FILE}?reportDate=09152026&reportVersion=v1", headers={"Accept": media_type})

    refused(answer, 406, "INVALID_ACCEPT_TYPE")


def test_rows_as_json_end_after_a_thousand_and_there_are_no_more(walmart, simulator):
    close(simulator, report_date="09152026", fees=[{"description": "fee", "amount": "-1"}] * 1200)
    path = f"{FILE}Json?reportDate=09152026&noOfRecords=1000"

    first = loads(walmart.get(f"{path}&offset=0").content)

    assert (len(first["reportData"]), first["totalRecords"]) == (1000, 1000)
    assert first["nextOffset"] > 0
    refused(walmart.get(f"{path}&offset={first['nextOffset']}"), 400, "INVALID_REQUEST_PARAM")


def test_statement_shows_the_open_cycle_and_closes_nothing(walmart, simulator, shipped):
    statement = loads(walmart.get("/v3/report/payment/statement").content)

    assert statement["payload"]["accountSummary"]["orderActivity"] == Decimal("30.00")
    assert close(simulator)[0]["payable"] == Decimal("30.00")


def test_reports_need_their_own_scope(walmart, simulator):
    simulator.control("settings", {"scopes": {"orders": "full_access"}})

    assert walmart.get("/v3/report/reconreport/availableReconFiles?reportVersion=v1").status_code == 403


def test_every_row_is_a_fact(walmart, simulator, shipped):
    closed, rows = close(simulator)

    kinds = [fact["kind"] for fact in simulator.control("facts")]
    assert kinds.count("settlement_row") == len(rows)
    assert walmart.facts(closed["report_date"]) == [("settlement_closed", "30.00", 1)]


def test_charges_may_be_for_one_unit_while_reports_are_for_the_line(walmart, simulator):
    simulator.control("settings", {"charge_amounts": "unit"})
    (order_id,) = walmart.place(lines=LINES)
    simulator.control("ship", {"purchase_order_id": order_id})

    (charge, *_) = walmart.order(order_id)["orderLines"]["orderLine"][0]["charges"]["charge"]
    _, rows = close(simulator)

    assert charge["chargeAmount"]["amount"] == 10.00
    assert parts(rows)[0] == ("Sale", "Product Price", "30.00")
