"""What is built without httpx's constructors equals what they build."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.http.messages import copy_of, field_of, request_of, response_of, url_of, value_of

URL = "https://shop.example.test/orders?limit=2"
NAMES = st.sampled_from(["Accept", "X-Trace", "Content-Type", "x-trace", "Host", "Content-Length", "ETag"])
HEADERS = st.lists(st.tuples(NAMES, st.text("abc019 ;=", max_size=8)), max_size=5)
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"])


def fields(headers):
    """Headers as they go out, whatever their order among different names."""
    return sorted((name.lower(), value) for name, value in headers.raw)


@given(METHODS, HEADERS, st.binary(max_size=40))
def test_request_equals_the_one_that_httpx_builds(method, headers, content):
    ours = request_of(method, url_of(URL), httpx.Headers(headers), content)

    theirs = httpx.Request(method, URL, headers=headers, content=content or None)
    assert (ours.method, ours.url, fields(ours.headers)) == (theirs.method, theirs.url, fields(theirs.headers))
    assert ours.content == ours.read() == theirs.content == b"".join(ours.stream)


@given(HEADERS, st.binary(max_size=40))
def test_copy_has_what_the_original_has_and_what_is_added(headers, content):
    original = request_of("POST", url_of(URL), httpx.Headers(headers), content)
    before = original.headers.raw

    copied = copy_of(original, [field_of("User-Agent", "crossdock")], field_of("X-Trace", "c-1"))

    expected = original.headers.copy()
    expected["User-Agent"], expected["X-Trace"] = "crossdock", "c-1"
    assert fields(copied.headers) == fields(expected)
    assert original.headers.raw == before
    assert copied.content == original.content


def test_copy_keeps_a_header_that_the_original_states_itself():
    original = request_of("GET", url_of(URL), httpx.Headers({"user-agent": "their own"}), None)

    copied = copy_of(original, [field_of("User-Agent", "crossdock")])

    assert copied.headers["User-Agent"] == "their own"


@given(st.integers(200, 599), HEADERS, st.binary(max_size=40))
def test_answer_equals_the_one_that_httpx_builds(status, headers, body):
    raw = [(name.encode(), value.encode()) for name, value in headers]
    request = httpx.Request("GET", URL)

    ours = response_of(status, raw, body, request)

    # With a length of its own, httpx adds none.
    theirs = httpx.Response(status, headers=[*raw, (b"Content-Length", b"%d" % len(body))], content=body)
    assert (ours.status_code, ours.content, ours.text) == (theirs.status_code, theirs.content, theirs.text)
    assert fields(ours.headers) == sorted((name.lower(), value) for name, value in raw)
    assert ours.is_closed
    assert ours.is_stream_consumed
    assert ours.request is request
    assert ours.read() == body
    assert value_of(ours, b"etag") == next((value for name, value in raw if name == b"ETag"), None)


def test_answer_is_parsed_like_any_other():
    answer = response_of(201, [(b"content-type", b"application/json")], b'{"id":"a"}', httpx.Request("POST", URL))

    assert answer.json() == {"id": "a"}
    assert answer.is_success
    with pytest.raises(httpx.HTTPStatusError):
        response_of(404, [], b"", httpx.Request("GET", URL)).raise_for_status()
