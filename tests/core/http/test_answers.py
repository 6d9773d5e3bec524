import gzip
import zlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.http import Response, json_of, retry_after
from crossdock.http.answers import decompress

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "12"}, 12.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "86400"}, 300.0),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 02 Nov 2026 09:00:30 GMT"}, 30.0),
        ({"Retry-After": "Mon, 02 Nov 2026 08:00:00 GMT"}, 0.0),
        ({"Retry-After": "Mon, 02 Nov 2026 09:10:20 GMT", "Date": "Mon, 02 Nov 2026 09:10:00 GMT"}, 20.0),
        ({"Retry-After": "Mon, 99 Nov 2026 09:10:20 GMT"}, None),
    ],
)
def test_retry_after_reads_seconds_and_dates(headers, seconds):
    assert retry_after(Response(429, headers=headers), NOW) == seconds


@given(st.text(max_size=40).filter(lambda text: text.isprintable() and text.isascii()))
def test_retry_after_never_raises(written):
    wait = retry_after(Response(429, headers={"Retry-After": written}), NOW)

    assert wait is None or 0 <= wait <= timedelta(minutes=5).total_seconds()


@given(st.binary(max_size=200))
def test_json_of_never_raises(body):
    json_of(Response(400, content=body))


def test_json_of_keeps_decimals():
    assert json_of(Response(400, content=b'{"price": 10.10}')) == {"price": Decimal("10.10")}


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"cut', b"[" * 100_000])
def test_json_of_gives_nothing_when_it_is_no_json(body):
    assert json_of(Response(502, content=body)) is None


@given(st.binary(max_size=3000))
def test_decompress_undoes_each_way_to_write_it(body):
    bare = zlib.compressobj(wbits=-15)
    half = len(body) // 2

    assert decompress(gzip.compress(body), "gzip", 10_000) == body
    assert decompress(gzip.compress(body[:half]) + gzip.compress(body[half:]), "x-gzip", 10_000) == body
    assert decompress(zlib.compress(body), "deflate", 10_000) == body
    assert decompress(bare.compress(body) + bare.flush(), "deflate", 10_000) == body
    assert decompress(body, "br", 10_000) == body


@given(st.binary(min_size=1, max_size=2000), st.integers(1, 17))
def test_decompress_refuses_a_cut_body(body, cut):
    with pytest.raises(ValueError, match="the compressed body is"):
        decompress(gzip.compress(body)[:-cut], "gzip", 10_000)


def test_decompress_stops_at_the_limit():
    bomb = gzip.compress(bytes(50_000_000))

    assert len(decompress(gzip.compress(bytes(1000)), "gzip", 1000)) == 1000
    with pytest.raises(OverflowError):
        decompress(bomb, "gzip", 1000)
