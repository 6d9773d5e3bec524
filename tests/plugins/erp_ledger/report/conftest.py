from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from month import Month


@pytest.fixture
def month() -> Month:
    return Month()


@pytest.fixture
def usual(month: Month) -> Month:
    """Ten orders, two refunds, a settlement of the first four: all of it posted, and in the ledger."""
    sold = [month.sell(number, number, f"{20 + number}.50") for number in range(1, 11)]
    month.refund(sold[4], 20, "12.25")
    month.refund(sold[5], 21, "10.00")
    amounts = [f"{20 + number}.50" for number in range(1, 5)]
    month.settle(
        "10152026", date(2026, 10, 15), [(one, amount, "-3.00") for one, amount in zip(sold, amounts, strict=False)]
    )
    return month
