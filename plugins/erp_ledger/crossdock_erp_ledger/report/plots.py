"""Plots as inline SVG: no script, no outside asset, readable without colour, and told in words beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from crossdock_erp_ledger.report.clearing import RollForward
from crossdock_erp_ledger.report.money import NOTHING, shown
from crossdock_erp_ledger.report.period import Period
from crossdock_erp_ledger.report.report import Row

_WIDTH, _HEIGHT = 960, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 12, 34, 30
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """From amounts to heights. `low` is not above nothing, `high` not below it."""

    low: Decimal
    high: Decimal
    step: Decimal

    @classmethod
    def over(cls, amounts: Sequence[Decimal]) -> Scale:
        """A scale that all of these lie on, with round steps."""
        low, high = min([NOTHING, *amounts]), max([NOTHING, *amounts])
        step = _round_step((high - low) / _TICKS if high > low else Decimal(1))
        return cls(_down(low, step), -_down(-high, step), step)

    def y(self, amount: Decimal) -> float:
        """How far from the top."""
        whole = self.high - self.low
        return _TOP + float((self.high - amount) / whole if whole else 0) * (_HEIGHT - _TOP - _BOTTOM)

    def ticks(self) -> Iterator[Decimal]:
        """The amounts with a line."""
        at = self.low
        while at <= self.high:
            yield at
            at += self.step


def revenue(rows: Sequence[Row], period: Period, number: int) -> str:
    """What the channel says and what is posted, sales less refunds, day by day; of one market and currency."""
    by_day = {row.day: row for row in rows}
    market, currency = rows[0].market, rows[0].currency
    said = [by_day[day].said if day in by_day else NOTHING for day in period.days()]
    posted = [by_day[day].posted if day in by_day else NOTHING for day in period.days()]
    scale, slot = Scale.over([*said, *posted]), (_WIDTH - _LEFT - _RIGHT) / len(said)
    parts = [*_axis(scale, currency)]
    for place, (day, channel, books) in enumerate(zip(period.days(), said, posted, strict=True)):
        left = _LEFT + place * slot
        told = f"{day}: said {shown(channel, currency)}, posted {shown(books, currency)} {currency}"
        apart = "apart" if channel != books else "same"
        parts.append(f'<g class="{apart}"><title>{escape(told)}</title>')
        parts.append(_bar("said", left + slot * 0.12, slot * 0.38, scale.y(NOTHING), scale.y(channel)))
        parts.append(_bar("posted", left + slot * 0.5, slot * 0.38, scale.y(NOTHING), scale.y(books)))
        if channel != books:
            top = min(scale.y(channel), scale.y(books)) - 6
            parts.append(f'<text class="mark" x="{left + slot / 2:.1f}" y="{top:.1f}">≠</text>')
        parts.append("</g>")
        if day.day == 1 or day.day % 5 == 0:
            parts.append(f'<text class="x" x="{left + slot / 2:.1f}" y="{_HEIGHT - 10}">{day.day}</text>')
    parts.append(_legend((("said", "the channel says"), ("posted", "posted"))))
    where = f"{market.upper()} {currency}".strip()
    apart_days = sum(1 for one, other in zip(said, posted, strict=True) if one != other)
    desc = (
        f"Sales less refunds by day of {period.name}, {where}. In the month the channel says "
        f"{shown(sum(said, NOTHING), currency)}, posted is {shown(sum(posted, NOTHING), currency)}; "
        f"{apart_days or 'no'} days differ."
    )
    return _svg(f"revenue-{number}", f"Revenue by day, {where}", desc, parts)


def waterfall(one: RollForward, number: int) -> str:
    """How what the channel owes moved from the opening to the closing balance."""
    steps = [("opening", NOTHING, one.opening)]
    at = one.opening
    for role, amount in one.moved.items():
        steps.append((role, at, at + amount))
        at += amount
    steps.append(("closing", NOTHING, one.closing))
    scale = Scale.over([amount for _, start, end in steps for amount in (start, end)])
    slot = (_WIDTH - _LEFT - _RIGHT) / len(steps)
    parts = [*_axis(scale, one.currency)]
    for place, (name, start, end) in enumerate(steps):
        left, balance = _LEFT + place * slot, name in ("opening", "closing")
        kind = "balance" if balance else "more" if end >= start else "less"
        moved = end if balance else end - start
        parts.append(f"<g><title>{escape(f'{name}: {shown(moved, one.currency)} {one.currency}')}</title>")
        parts.append(_bar(kind, left + slot * 0.18, slot * 0.64, scale.y(start), scale.y(end)))
        label = shown(moved, one.currency) if balance else f"{'+' if moved > 0 else ''}{shown(moved, one.currency)}"
        top = min(scale.y(start), scale.y(end)) - 5
        parts.append(f'<text class="value" x="{left + slot / 2:.1f}" y="{top:.1f}">{label}</text>')
        parts.append(f'<text class="x" x="{left + slot / 2:.1f}" y="{_HEIGHT - 10}">{escape(name)}</text>')
        if place < len(steps) - 1:
            y = scale.y(end)
            parts.append(f'<path class="join" d="M{left + slot * 0.82:.1f} {y:.1f}h{slot * 0.36:.1f}"/>')
        parts.append("</g>")
    desc = "; ".join(
        f"{name} {shown(end if name in ('opening', 'closing') else end - start, one.currency)}"
        for name, start, end in steps
    )
    where = f"{one.account}, {one.market.upper()} {one.currency}"
    return _svg(f"clearing-{number}", f"What the channel owes: {where}", f"{desc}.", parts)


def _svg(name: str, title: str, desc: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(desc)}</desc>'
    )
    return "\n".join((f"<figure><figcaption>{escape(title)}</figcaption>", head, *parts, "</svg></figure>"))


def _axis(scale: Scale, currency: str) -> Iterator[str]:
    for amount in scale.ticks():
        y, kind = scale.y(amount), "zero" if amount == 0 else "grid"
        yield f'<path class="{kind}" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
        yield f'<text class="y" x="{_LEFT - 8}" y="{y + 4:.1f}">{_short(amount, scale.step, currency)}</text>'


def _bar(kind: str, left: float, width: float, start: float, end: float) -> str:
    top, height = min(start, end), abs(start - end)
    return f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _legend(kinds: Sequence[tuple[str, str]]) -> str:
    parts, at = [], _LEFT
    for kind, told in kinds:
        parts.append(f'<rect class="{kind}" x="{at}" y="8" width="12" height="12"/>')
        parts.append(f'<text class="key" x="{at + 18}" y="18">{escape(told)}</text>')
        at += 36 + 7 * len(told)
    return "".join(parts)


def _short(amount: Decimal, step: Decimal, currency: str) -> str:
    """An amount on an axis: its decimals only where steps have some."""
    return shown(amount, currency) if step % 1 else f"{amount + 0:,.0f}"


def _round_step(exact: Decimal) -> Decimal:
    """1, 2 or 5 times a power of ten, not below."""
    power = Decimal(1).scaleb(exact.adjusted())
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= exact)


def _down(amount: Decimal, step: Decimal) -> Decimal:
    """The next multiple of the step that is not above."""
    return (amount // step - (1 if amount % step < 0 else 0)) * step
