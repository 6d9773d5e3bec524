"""Keys of entries: made and read back; and links of any kind are read without a crash."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crossdock import Link, Ref
from crossdock_erp_ledger.journal.keys import EntryKey, shortened, units
from crossdock_erp_ledger.journal.posted import Posted

names = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=12).filter(
    lambda text: text != "settlement"
)  # no order is called so
numbers = st.from_regex(r"[1-9][0-9]{0,3}", fullmatch=True)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)


@given(
    order=names,
    line=st.none() | numbers,
    event=st.sampled_from(["sale", "cancel", "refund", "adjustment", "cutoff"]),
    about=st.none() | numbers,
    version=st.integers(1, 99),
    reversal=st.booleans(),
)
def test_key_reads_back_as_it_was_made(**parts: Any) -> None:
    parts["id"] = parts.pop("about")
    key = EntryKey("wmt", "us", **parts)

    assert EntryKey.parse(str(key)) == key


def test_keys_are_those_of_the_reference() -> None:
    assert str(EntryKey("wmt", "us", "1088", "sale")) == "wmt:us:1088:sale:v1"
    assert str(EntryKey("wmt", "us", "1088", "sale", "2", reversal=True)) == "wmt:us:1088:2:sale:v1:reversal"
    assert str(EntryKey("wmt", "us", "settlement", "03172026", id="17")) == "wmt:us:settlement:03172026:17:v1"


def test_key_of_a_settlement_reads_back() -> None:
    key = EntryKey.parse("wmt:us:settlement:03172026:17:v1")

    assert key is not None
    assert (key.order, key.event, key.id) == ("settlement", "03172026", "17")


@given(st.text(max_size=40))
def test_any_text_is_a_key_or_none(text: str) -> None:
    key = EntryKey.parse(text)

    assert key is None or isinstance(key, EntryKey)


@given(
    st.lists(st.tuples(st.text(max_size=20) | st.just("wmt:us:1:sale:v1"), st.dictionaries(st.text(max_size=3), json)))
)
def test_links_of_any_kind_are_read_or_named(found: list[tuple[str, dict[str, Any]]]) -> None:
    links = [Link(Ref("w", "order", "1"), Ref("b", "journal_entry", far), lines) for far, lines in found]

    posted = Posted.read(links)

    assert {str(one.key) for one in posted.entries} | {*posted.unclear} == {link.far.id for link in links}


def test_slices_that_overlap_share_a_fact() -> None:
    from decimal import Decimal

    assert {*units(Decimal(0), Decimal(2))} & {*units(Decimal(1), Decimal(3))} == {"1"}
    assert [*units(Decimal("0.5"), Decimal("1.25"))] == ["0.5-1.25"]


def test_long_names_are_shortened_to_what_they_alone_give() -> None:
    assert shortened("1.0-2") == "1.0-2"
    assert shortened("x" * 50) != shortened("x" * 51)
    assert len(shortened("x" * 50)) == 16
