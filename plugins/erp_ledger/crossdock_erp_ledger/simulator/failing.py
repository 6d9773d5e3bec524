"""How the next runs end badly: what `POST /_sim/interface` ordered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

Way = Literal["error", "partial", "crash", "silent", "late"]


@dataclass(slots=True)
class Order:
    """One order: for which run, in which way, how often still.

    `error`: rows are refused with a message. `partial`: the same, and the others are posted, as if somebody had started
    it so by hand. `crash`: it ends without result, rows stay staged. `silent`: it posts and leaves no result. `late`:
    it takes `seconds`.
    """

    way: Way
    run_group: str | None = None
    message: str = "Unexpected error"
    rows: tuple[int, ...] | None = None
    seconds: float = 0.0
    times: int = 1

    def refuses(self, sequence: int) -> bool:
        """Whether it is ordered to refuse this row."""
        return self.way in ("error", "partial") and (self.rows is None or sequence in self.rows)


class Failing:
    """The orders that are open."""

    def __init__(self) -> None:
        self._orders: list[Order] = []

    def add(self, way: Any, run_group: Any, message: Any, rows: Any, seconds: Any, times: Any) -> Order:
        """Order a failure. Raises: ValueError."""
        if way not in get_args(Way):
            raise ValueError(f"fail is one of {', '.join(get_args(Way))}")
        if rows is not None and not (isinstance(rows, list) and all(isinstance(row, int) for row in rows)):
            raise ValueError("rows is a list of sequence numbers")
        if not isinstance(times, int) or times < 1:
            raise ValueError("times is a number, 1 or more")
        numbers = tuple(rows) if rows is not None else None
        order = Order(way, run_group, str(message), numbers, float(seconds), times)
        self._orders.append(order)
        return order

    def take(self, run_group: str) -> Order | None:
        """What was ordered for the run that starts now."""
        for order in self._orders:
            if order.run_group in (None, run_group):
                order.times -= 1
                if not order.times:
                    self._orders.remove(order)
                return order
        return None
