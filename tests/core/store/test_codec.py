from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.contract.values import Attention, Receipt
from crossdock.store import codec

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
receipts = st.builds(
    Receipt,
    kind=texts,
    id=texts,
    identifiers=st.dictionaries(texts, texts, max_size=3),
    lines=st.dictionaries(texts, st.one_of(texts, st.integers(0, 9), st.dictionaries(texts, texts)), max_size=3),
    concerns=st.dictionaries(texts, texts, max_size=2),
    note=st.none() | texts,
    attention=st.none() | st.builds(Attention, code=texts, message=texts, fix=texts),
)


@given(st.binary(max_size=5000))
def test_unpack_undoes_pack(body):
    assert codec.unpack(*codec.pack(body)) == body


def test_pack_leaves_small_bodies_plain_and_packs_large_ones():
    assert codec.pack(b"a" * 1024) == (codec.PLAIN, b"a" * 1024)
    assert codec.pack(b"a" * 1025)[0] == codec.ZLIB


def test_pack_leaves_what_does_not_shrink(random_bytes):
    assert codec.pack(random_bytes) == (codec.PLAIN, random_bytes)


@given(receipts)
def test_receipt_comes_back_equal(receipt):
    assert codec.receipt_from_text(codec.receipt_to_text(receipt)) == receipt


def test_receipt_keeps_the_digits_of_numbers():
    receipt = Receipt("sale_order", "1", lines={"1": {"weight": Decimal("10.10")}})

    back = codec.receipt_from_text(codec.receipt_to_text(receipt))

    assert back is not None
    assert str(back.lines["1"]["weight"]) == "10.10"


def test_headers_keep_order_and_repeats():
    headers = (("b", "1"), ("a", "2"), ("b", "3"))

    assert codec.headers_from_text(codec.headers_to_text(headers)) == headers


def test_none_stays_none():
    assert codec.receipt_to_text(None) is None
    assert codec.receipt_from_text(None) is None
    assert codec.to_text_or_none(None) is None
    assert codec.from_text_or_none(None) is None


@pytest.fixture
def random_bytes() -> bytes:
    import random

    return random.Random(7).randbytes(2000)
