"""The reconciliation report as a file: a zip with one CSV, as tidy or as untidy as it is wanted."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

COLUMNS = (
    "Period Start Date", "Period End Date", "Total Payable", "Currency", "Transaction Key",
    "Transaction Posted Timestamp", "Transaction Type", "Transaction Description", "Customer Order #",
    "Customer Order line #", "Purchase Order #", "Purchase Order line #", "Amount", "Amount Type", "Ship Qty",
    "Commission Rate", "Transaction Reason Description", "Partner Item Id", "Partner GTIN", "Partner Item Name",
    "Product Tax Code", "Ship to State", "Ship to City", "Ship to Zipcode", "Contract Category", "Product Type",
    "Commission Rule", "Shipping Method", "Fulfillment Type", "Fulfillment Details", "Original Commission",
)  # fmt: skip


def render(rows: Sequence[Mapping[str, str]], asked: Mapping[str, Any], random: Random) -> bytes:
    """The file. `asked` are the options of `POST /_sim/settlements`."""
    columns = [name for name in (*COLUMNS, *asked["extra_columns"]) if name not in asked["omit_columns"]]
    if asked["shuffle_columns"]:
        random.shuffle(columns)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL if asked["quote_all"] else csv.QUOTE_MINIMAL)
    writer.writerow(columns)
    writer.writerow([f"Number of Lines in file {len(rows) + int(asked['count_off'])}             "])
    filler = {name: f"value of {name}" for name in asked["extra_columns"]}
    writer.writerows([{**filler, **row}.get(name, "") for name in columns] for row in rows)
    text = ("\ufeff" if asked["bom"] else "") + out.getvalue()
    content = _zipped(text.encode(), asked["name"])
    return content[: len(content) // 2] if asked["cut"] else content


def _zipped(content: bytes, name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}.csv"), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
