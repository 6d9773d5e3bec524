"""The reconciliation report: read by column name, checked whole, and never a crash."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_walmart import recon
from crossdock_walmart.recon import BrokenReportError, Report, amount_of

# The columns of version 1. Source: Walmart Marketplace, "Reconciliation report"; public recordings; read 2026-11.
COLUMNS = [
    "Period Start Date", "Period End Date", "Total Payable", "Currency", "Transaction Key",
    "Transaction Posted Timestamp", "Transaction Type", "Transaction Description", "Customer Order #",
    "Customer Order line #", "Purchase Order #", "Purchase Order line #", "Amount", "Amount Type", "Ship Qty",
    "Partner Item Id", "Partner Item Name", "Contract Category", "Fulfillment Type",
]  # fmt: skip
SUMMARY = {
    "Period Start Date": "11/07/2026",
    "Period End Date": "11/20/2026",
    "Total Payable": "42.48",
    "Currency": "USD",
    "Transaction Type": "PaymentSummary",
    "Transaction Description": "Deposited in Sample account",
    "Transaction Posted Timestamp": "11/21/2026",
}


def amount(value: Any, part: str = "Product Price", key: str = "2026_11_08_1", **more: str) -> dict[str, str]:
    row = {
        "Transaction Key": key,
        "Transaction Posted Timestamp": "11/08/2026",
        "Transaction Type": "Sale",
        "Transaction Description": "Purchase",
        "Purchase Order #": "108900000000001",
        "Amount": str(value),
        "Amount Type": part,
    }
    return row | more


ROWS = [SUMMARY, amount("49.98"), amount("-7.50", "Commission on Product")]


def written(
    rows: Sequence[dict[str, str]], columns: Sequence[str] = COLUMNS, *, count: int | None = None, **dialect: Any
) -> str:
    out = io.StringIO()
    writer = csv.writer(out, **dialect)
    writer.writerow(columns)
    if count is not None:
        writer.writerow([f"Number of Lines in file {count}             "])
    writer.writerows([row.get(name, "") for name in columns] for row in rows)
    return out.getvalue()


def zipped(text: str | bytes, name: str = "10001_2026-11-21.csv") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return out.getvalue()


def numbers(report: Report) -> list[str]:
    return [row.number for row in report]


def test_report_is_read_by_name():
    report = Report.check(zipped(written(ROWS, count=3)))

    summary, price, commission = report
    assert (report.rows, report.total) == (3, Decimal("42.48"))
    assert summary.is_summary
    assert not price.is_summary
    assert report.summary["total payable"] == "42.48"
    assert price.cells["amount"] == "49.98"
    assert commission.cells["amount type"] == "Commission on Product"


@given(
    columns=st.permutations([*COLUMNS, "Campaign Id", "Item Condition"]),
    extra=st.lists(st.text(alphabet="abcXYZ ,\"'\n#", min_size=1, max_size=8), max_size=3, unique_by=str.lower),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    terminator=st.sampled_from(["\r\n", "\n"]),
    bom=st.booleans(),
    amounts=st.lists(st.decimals(-9999, 9999, places=2), min_size=1, max_size=8),
    name=st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
)
def test_columns_in_any_order_with_more_of_them_give_the_same_rows(
    columns, extra, quoting, terminator, bom, amounts, name
):
    item = f'{name}, 5" "quoted"\nand more'
    rows = [SUMMARY, *[amount(value, key=f"k{n}") | {"Partner Item Name": item} for n, value in enumerate(amounts)]]
    more = [f"new {name}" for name in extra]
    plain = Report.check(zipped(written(rows)))

    text = written(rows, [*columns, *more], count=len(rows), quoting=quoting, lineterminator=terminator)
    report = Report.check(zipped(("\ufeff" if bom else "") + text))

    assert [(row.number, dict(row.cells), row.fault) for row in report] == [
        (row.number, dict(row.cells), row.fault) for row in plain
    ]
    assert report.total == sum(amounts)


@given(st.binary(max_size=300))
def test_garbage_is_a_broken_report_and_never_a_crash(content):
    with pytest.raises(BrokenReportError):
        Report.check(content)


@given(place=st.integers(0, 400), byte=st.integers(0, 255), cut=st.booleans())
def test_damaged_archive_is_whole_or_broken(place, byte, cut):
    good = zipped(written(ROWS, count=3))
    place %= len(good)
    content = good[:place] if cut else good[:place] + bytes([byte]) + good[place + 1 :]

    try:
        report = Report.check(content)
    except BrokenReportError:
        return
    assert report.total == Decimal("42.48")


@given(st.text(max_size=200), st.integers(0, 3))
def test_anything_between_the_rows_is_read_or_refused(text, place):
    lines = written(ROWS).splitlines(keepends=True)
    lines.insert(place, text + "\n")

    try:
        report = Report.check("".join(lines).encode())
    except BrokenReportError:
        return
    assert len(set(numbers(report))) == report.rows


@pytest.mark.parametrize("names", [["a.csv", "b.csv"], ["readme.pdf"], []])
def test_archive_without_one_csv_is_broken(names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, written(ROWS))
        archive.writestr("folder/", "")

    with pytest.raises(BrokenReportError, match="CSV files"):
        Report.check(out.getvalue())


def test_csv_that_came_unzipped_is_read():
    assert Report.check(written(ROWS).encode()).total == Decimal("42.48")


@pytest.mark.parametrize("stated", [0, 5, 6, 479])
def test_count_that_does_not_match_is_a_broken_report_unless_what_came_adds_up(stated):
    short = zipped(written(ROWS[:-1], count=stated))

    with pytest.raises(BrokenReportError, match=f"says that it has {stated} lines, and 2 came"):
        Report.check(short)
    assert Report.check(zipped(written(ROWS, count=479))).pays_what_it_lists  # lines may be counted in other ways


@pytest.mark.parametrize("stated", [2, 3, 4, 5])
def test_count_may_take_in_the_summary_the_names_and_itself(stated):
    tampered = [SUMMARY, amount("49.99"), ROWS[2]]

    assert Report.check(zipped(written(tampered, count=stated))).rows == 3


def test_file_that_was_cut_off_is_noticed_by_its_count():
    text = written([SUMMARY, *[amount(1, key=f"k{n}") for n in range(50)]], count=51)

    with pytest.raises(BrokenReportError, match="lines"):
        Report.check(zipped(text[: len(text) // 2]))


def test_count_may_stand_before_the_names():
    text = "Number of Lines in file 3,,\n" + written(ROWS)

    assert Report.check(zipped(text)).rows == 3


@pytest.mark.parametrize("text", ["", "\n\n", "a,b,c\n1,2,3\n", "Amount\n1\n", "x\n" * 50 + written(ROWS)])
def test_file_without_the_names_of_its_columns_is_broken(text):
    with pytest.raises(BrokenReportError, match="names of its columns"):
        Report.check(zipped(text))


def test_report_without_summary_is_broken_unless_its_rows_say_the_currency():
    with pytest.raises(BrokenReportError, match="no payment summary"):
        Report.check(zipped(written(ROWS[1:])))

    assert Report.check(zipped(written([amount("1.00", Currency="USD")]))).total == Decimal("1.00")


def test_report_without_amounts_is_empty():
    report = Report.check(zipped(written([])))

    assert (list(report), report.rows, report.total) == ([], 0, Decimal(0))


def test_report_larger_than_the_limit_is_broken(monkeypatch):
    monkeypatch.setattr(recon, "MOST_BYTES", 1000)

    with pytest.raises(BrokenReportError, match="unpacks to more"):
        Report.check(zipped(written([amount(1)] * 100)))


def test_rows_alike_are_told_apart_by_their_place_and_keep_their_numbers():
    rows = [SUMMARY, amount("1.00"), amount("2.00"), amount("1.00", "Product tax"), amount("1.00")]

    report = Report.check(zipped(written(rows)))

    assert numbers(report)[1:] == [
        "2026_11_08_1:product-price",
        "2026_11_08_1:product-price~2",
        "2026_11_08_1:product-tax",
        "2026_11_08_1:product-price~3",
    ]
    assert numbers(report) == numbers(Report.check(zipped(written(rows, COLUMNS[::-1]))))


def test_row_without_a_transaction_is_known_by_what_it_says():
    fee = {"Transaction Type": "Service Fee", "Transaction Description": "WFS StorageFee", "Amount": "-3.00"}

    assert numbers(Report.check(zipped(written([SUMMARY, fee, fee])))) == [
        "paymentsummary:deposited-in-sample-account",
        "service-fee:wfs-storagefee",
        "service-fee:wfs-storagefee~2",
    ]


def test_row_with_more_cells_than_columns_is_at_fault_and_the_rest_is_read():
    lines = written(ROWS).splitlines()
    lines[2] += ",shifted"

    report = Report.check(zipped("\n".join(lines)))

    assert [row.fault is None for row in report] == [True, False, True]
    assert report.total is None


def test_column_of_amounts_that_stands_twice_is_no_column():
    columns = [*COLUMNS, "Amount"]

    assert all("stands twice" in (row.fault or "") for row in Report.check(zipped(written(ROWS, columns))))


@pytest.mark.parametrize("unreadable", ["", "n/a", "1.2E+3", "١٢"])
def test_report_with_an_amount_that_is_none_has_no_total(unreadable):
    assert Report.check(zipped(written([SUMMARY, amount("1.00"), amount(unreadable)]))).total is None


def test_report_in_two_currencies_has_no_total():
    rows = [SUMMARY, amount("1.00", Currency="USD"), amount("1.00", Currency="CAD")]

    assert Report.check(zipped(written(rows))).total is None


def test_empty_cell_may_be_written_as_two_quotation_marks():
    _, row = Report.check(zipped(written([SUMMARY, amount("1.00") | {"Period Start Date": '""'}])))

    assert "period start date" not in row.cells


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("49.98", "49.98"), ("-7.5", "-7.5"), ("1,234.56", "1234.56"), ("-1,234,567", "-1234567"), (" .5 ", "0.5"),
        ("0", "0"), ("", None), ("-", None), (".", None), ("1,23", None), ("1.2E+3", None), ("$5", None),
        ("(5.00)", None), ("NaN", None), ("1 000", None), ("+5", None), ("1.", None),
    ],
)  # fmt: skip
def test_amount_is_plain_digits_or_none(text, value):
    assert amount_of(text) == (None if value is None else Decimal(value))


@given(st.text(max_size=10))
def test_amount_is_exact_or_none(text):
    found = amount_of(text)

    assert found is None or (found.is_finite() and str(found).replace("-", "").replace(".", "").isdigit())
