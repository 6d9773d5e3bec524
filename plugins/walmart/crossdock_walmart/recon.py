"""The reconciliation report as it arrives: a zip with one CSV, read by column name, and checked whole first.

Columns come and go, and may stand in any order. One row says how many lines the file has; the payment summary bears
currency, period and payable of all the others. Everything else is one amount each.

Source: Walmart Marketplace, "Reconciliation report (v1)"; public recordings of files; read 2026-11.
"""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import IO, Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from crossdock import TransientError

MOST_BYTES = 512 * 1024 * 1024
"""What a report may unpack to: a year of a large seller stays far below."""
SUMMARY = "paymentsummary"

_COUNT = re.compile(r"number of lines in file\s*[:=]?\s*([0-9][0-9,]*)", re.IGNORECASE)
_AMOUNT = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)?(?:\.\d+)?")
_OF_A_SALE = ("transaction type", "purchase order #", "purchase order line #", "partner item id")
_NEEDED = ("transaction type", "amount")
_HEAD = 20
"""Within so many lines the names of the columns must come."""
_FEW = 2
"""The line that says how many lines there are has no more cells than these."""
_SLUG = re.compile(r"[^a-z0-9_]+")
Cells = Mapping[str, str]


class BrokenReportError(TransientError):
    """A report that cannot be taken as it is: asked for again later, and no row of it counts until then."""

    code = "broken_report"


@dataclass(frozen=True, slots=True)
class Row:
    """One amount. `cells` are its values by the columns' names in lower case; `fault` says why it cannot be read."""

    number: str
    cells: Cells
    fault: str | None = None

    @property
    def is_summary(self) -> bool:
        """Whether it stands for the payout."""
        return _plain(self.cells.get("transaction type", "")) == SUMMARY

    @property
    def taxed(self) -> tuple[str, ...] | None:
        """Of a tax, or what says that it was withheld: the sale or refund that it is of."""
        if "tax" not in self.cells.get("amount type", "").lower().split():
            return None
        return tuple(self.cells.get(name, "") for name in _OF_A_SALE)


@dataclass(slots=True)
class _Seen:
    """What the first look at a report finds."""

    rows: int = 0
    stated: int | None = None
    readable: bool = True
    currencies: set[str] = field(default_factory=set)
    summary: Cells = field(default_factory=dict)
    taxes: dict[tuple[str, ...], Decimal] = field(default_factory=dict)
    """What taxes and what was withheld of them leave, by sale; those that leave nothing are dropped."""

    @property
    def is_complete(self) -> bool:
        """Whether as many rows came as are stated: nowhere said is whether that takes in summary, names or itself."""
        return self.stated is None or self.rows - 1 <= self.stated <= self.rows + 2

    @property
    def adds_up(self) -> bool:
        """Whether a sum of all means something."""
        return self.readable and len(self.currencies - {""}) <= 1

    def tax(self, row: Row, amount: Decimal) -> None:
        """Count an amount of a tax."""
        if (sale := row.taxed) is not None:
            left = self.taxes.pop(sale, Decimal(0)) + amount
            if left:
                self.taxes[sale] = left


@dataclass(frozen=True, slots=True)
class Report:
    """A report that is whole. `total` is what all rows but the summary add up to; None where one cannot be read.

    `taxes` is what a tax and what was withheld of it leave, by sale, where that is not nothing.
    """

    content: bytes
    rows: int
    total: Decimal | None
    summary: Cells
    taxes: Mapping[tuple[str, ...], Decimal] = field(default_factory=dict)

    @classmethod
    def check(cls, content: bytes) -> Report:
        """Look through all of it once. Raises: BrokenReportError."""
        seen, total = _Seen(), Decimal(0)
        for row in _rows(content, seen):
            seen.rows += 1
            seen.currencies.add(row.cells.get("currency", ""))
            if row.is_summary:
                seen.summary = seen.summary or row.cells
                continue
            amount = None if row.fault else amount_of(row.cells.get("amount", ""))
            if amount is None:
                seen.readable = False
            else:
                total += amount
                seen.tax(row, amount)
        report = cls(content, seen.rows, total if seen.adds_up else None, seen.summary, seen.taxes)
        if not seen.is_complete and not report.pays_what_it_lists:
            raise BrokenReportError(f"the report says that it has {seen.stated} lines, and {seen.rows} came")
        if not seen.summary and "" in seen.currencies:
            raise BrokenReportError("the report has no payment summary, which alone says in which currency it is")
        return report

    @property
    def pays_what_it_lists(self) -> bool:
        """Whether the amounts add up to what is paid: then none of them is missing, whatever lines were counted."""
        return self.total is not None and self.total == amount_of(self.summary.get("total payable", ""))

    def __iter__(self) -> Iterator[Row]:
        return _rows(self.content, _Seen())


def amount_of(text: str) -> Decimal | None:
    """An amount as reports write it ("1,234.56", "-.5"); None where it is none: no exponents, no words."""
    text = text.strip()
    if not text or not any(digit.isdigit() for digit in text) or not _AMOUNT.fullmatch(text) or not text.isascii():
        return None
    return Decimal(text.replace(",", ""))


def _rows(content: bytes, seen: _Seen) -> Iterator[Row]:
    """Every row that bears something, with a number that is its own. Raises: BrokenReportError."""
    numbers: Counter[str] = Counter()
    try:
        with _opened(content) as text:
            yield from _read(csv.reader(text), seen, numbers)
    except (BadZipFile, zlib.error, csv.Error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise BrokenReportError(f"the report cannot be read: {type(error).__name__}") from None


def _read(lines: Iterator[list[str]], seen: _Seen, numbers: Counter[str]) -> Iterator[Row]:
    columns: _Columns | None = None
    for position, cells in enumerate(lines, start=1):
        filled = [cell for cell in cells if cell and not cell.isspace()]
        if not filled:
            continue
        if len(filled) <= _FEW and (stated := next(filter(None, map(_COUNT.search, filled)), None)):
            seen.stated = int(stated[1].replace(",", ""))
        elif columns is not None:
            yield columns.row(cells, numbers)
        else:
            columns = _Columns.find(cells)
            if columns is None and position >= _HEAD:
                break
    if columns is None:
        raise BrokenReportError("the report has no line with the names of its columns")


@dataclass(frozen=True, slots=True)
class _Columns:
    """The names of the columns, in lower case and in their order; `fault` says why no row of them can be read."""

    names: Sequence[str]
    fault: str | None

    @classmethod
    def find(cls, cells: Sequence[str]) -> _Columns | None:
        """The columns that a line names; None where it is no such line."""
        names = [" ".join(cell.replace("\ufeff", "").split()).lower() for cell in cells]
        if not all(name in names for name in _NEEDED):
            return None
        twice = next((name for name in (*_NEEDED, "purchase order #") if names.count(name) > 1), None)
        return cls(names, f"the column {twice!r} stands twice" if twice else None)

    def row(self, cells: Sequence[str], numbers: Counter[str]) -> Row:
        """One row, with a number that no other row has."""
        found = {name: text for name, cell in zip(self.names, cells, strict=False) if name and (text := _text(cell))}
        fault = self.fault
        if len(cells) > len(self.names) and any(cell.strip() for cell in cells[len(self.names) :]):
            fault = "it has more cells than there are columns"
        number = _number(found)
        numbers[number] += 1
        return Row(number if numbers[number] == 1 else f"{number}~{numbers[number]}", found, fault)


def _number(cells: Cells) -> str:
    """What a row is known by: its transaction and which part of it; the same again is told apart by its place."""
    parts = [cells.get("transaction key", ""), cells.get("amount type", "")]
    if not parts[0]:
        parts = [cells.get("transaction type", ""), cells.get("transaction description", ""), parts[1]]
    return ":".join(slug for part in parts if (slug := _slug(part))) or "row"


@lru_cache(maxsize=1024)
def _slug(text: str) -> str:
    return _SLUG.sub("-", text.lower()).strip("-")


def _text(cell: str) -> str:
    """A cell's text; two quotation marks are how an empty one is written at times."""
    text = cell.strip()
    return "" if text == '""' else text


@lru_cache(maxsize=256)
def _plain(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


class _Limited(io.RawIOBase):
    """What is unpacked, up to the limit: what a zip says of its size is only what it says."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner
        self._left = MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._inner.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise BrokenReportError(f"the report unpacks to more than {MOST_BYTES // 1024 // 1024} MB")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


def _opened(content: bytes) -> io.TextIOWrapper:
    raw = _unzipped(content) if content.startswith(b"PK") else io.BytesIO(content)
    buffered = io.BufferedReader(_Limited(raw), 1 << 16)
    return io.TextIOWrapper(buffered, encoding="utf-8-sig", errors="replace", newline="")


def _unzipped(content: bytes) -> IO[bytes]:
    archive = ZipFile(io.BytesIO(content))
    files = [info for info in archive.infolist() if _is_csv(info)]
    if len(files) != 1:
        raise BrokenReportError(f"the report's archive holds {len(files)} CSV files, and one is expected")
    return archive.open(files[0])


def _is_csv(info: ZipInfo) -> bool:
    return not info.is_dir() and info.filename.lower().endswith((".csv", ".txt"))
