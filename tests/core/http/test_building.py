from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.errors import RejectedError
from crossdock.http import Endpoint, Request
from crossdock.http.building import Site

# What a query may hold as it is; the rest cannot stand on a request line.
RAW = st.text("abcXYZ019-._~!$&'()*+,;=:@/?%|{}[]^`\\", max_size=60)


def site(base_url="https://shop.example.test", **facts):
    return Site(Endpoint(connection="shop", base_url=base_url, identity="shop:1", **facts))


def build(method, path, *, at=None, params=None, json=None, content=None, headers=None):
    return (at or site()).build(method, path, params, json, content, headers)


@given(RAW)
def test_build_keeps_a_raw_query_byte_for_byte(query):
    request = build("GET", f"/v3/orders?{query}")

    assert request.url.raw_path == f"/v3/orders?{query}".encode()
    # and still after it was stored as text and made anew
    assert Request("GET", str(request.url)).url.raw_path == request.url.raw_path


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=4))
def test_build_encodes_params_so_that_they_come_back(params):
    encoded = build("GET", "/things", params=params).url.query.decode()

    assert dict(parse_qsl(encoded, keep_blank_values=True)) == params
    assert "+" not in encoded


def test_build_adds_params_to_a_raw_query():
    assert build("GET", "/things?a=%7E", params={"b": "c d"}).url.raw_path == b"/things?a=%7E&b=c%20d"


def test_build_writes_json_with_exact_decimals():
    request = build("POST", "/things", json={"price": Decimal("10.10")})

    assert request.content == b'{"price":10.10}'
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Content-Length"] == "15"


def test_build_sets_headers_in_order_of_nearness():
    request = build(
        "POST",
        "/things",
        at=site(headers={"Accept-Version": "1", "Accept": "application/xml"}),
        json={},
        headers={"accept-version": "2", "Content-Type": "application/merge-patch+json"},
    )

    assert request.headers["Accept"] == "application/xml"
    assert request.headers["Accept-Version"] == "2"
    assert request.headers["Content-Type"] == "application/merge-patch+json"


def test_build_joins_a_base_path():
    at = site("https://gateway.example.test/TENANT/api/")

    request = build("GET", "/v1/journals?x=1", at=at)

    assert str(request.url) == "https://gateway.example.test/TENANT/api/v1/journals?x=1"
    assert at.path(request) == "/v1/journals"


@pytest.mark.parametrize("path", ["https://evil.example.test/", ".evil.example.test/", "@evil.example.test/", ":80/"])
def test_build_refuses_to_leave_the_host(path):
    with pytest.raises(RejectedError, match="must start with /"):
        build("GET", path)


def test_build_names_no_value_when_a_header_bears_a_line_break():
    with pytest.raises(RejectedError, match="'Prefer' bears a control character") as caught:
        build("GET", "/", headers={"Prefer": "secret\r\nX: y"})

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example.test:8443/a",
        "http://shop.example.test/a",
        "https://shop.example.test.evil.test/a",
        "https://shop.example.test@evil.test/a",
    ],
)
def test_site_has_no_path_for_another_origin(url):
    assert site().path(Request("GET", url)) is None


def test_site_has_no_path_beside_its_base():
    at = site("https://gateway.example.test/TENANT")

    assert at.path(Request("GET", "https://gateway.example.test/TENANT")) == "/"
    assert at.path(Request("GET", "https://gateway.example.test/TENANT2/x")) is None
    assert at.path(Request("GET", "https://gateway.example.test/TENANT/../OTHER/x")) is None
