"""What was measured, as tables of plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from measuring import Run


def show(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: the first column to the left, numbers to the right."""
    cells = [list(head), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    print(f"\n{title}")
    for row in cells:
        first, *rest = (
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join([first, *rest]), flush=True)


def medians(name: str, runs: Sequence[Run]) -> list[object]:
    """One competitor's row."""
    return [
        name,
        f"{median(run.whole for run in runs):.0f}",
        f"{median(run.steady for run in runs):.0f}",
        f"{median(run.cpu_per_thousand for run in runs):.2f}",
        f"{max(run.took.rss_mb for run in runs):.0f}",
    ]


HEAD = ("", "orders/s", "steady", "CPU s/1,000", "peak MB")


def verdict(ratios: Sequence[float], target: float) -> list[object]:
    """The median of the rounds' ratios, their span, and whether the target is reached."""
    middle = median(ratios)
    reached = "reached" if middle >= target else f"missed by {(1 - middle / target) * 100:.0f} %"
    return [f"{middle:.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}", f"{target:.2f}", reached]


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else f"{cell}"
