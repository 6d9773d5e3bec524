"""Nothing that is secret or somebody's survives in a written cassette, wherever it stood."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.testing import Cassette, Scrubber

SECRET_KEYS = ("access_token", "refreshToken", "client_secret", "X-Api-Key", "password", "WM_SEC.ACCESS_TOKEN")
PERSON_KEYS = ("firstName", "buyerName", "email", "phone", "address1", "postalCode", "shipTo", "customerEmailId")
LETTERS = "abcdefghijkmnopqrstuvwxyzäéßñøłж名"
ALPHABET = LETTERS + LETTERS.upper() + "0123456789-_.+/&<'\" "
# Long and odd enough to be found by chance nowhere else.
VALUES = st.text(ALPHABET, min_size=8, max_size=20).map(lambda text: f"Zq{text.strip()}7x")
PLAIN = st.text(LETTERS, min_size=5, max_size=9).map(lambda text: f"Zq{text}")
NOISE = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.text("kmn ", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "items", "ref"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def nested(draw: Any, key: str, value: str) -> Any:
    """JSON with `value` under `key`, somewhere deep, perhaps as JSON in a text."""
    tree: Any = {key: draw(st.sampled_from([value, [value], {"x": value}, {"x": [{"y": value}]}]))}
    for _ in range(draw(st.integers(0, 4))):
        shape = draw(st.sampled_from(["list", "object", "text"]))
        noise = draw(NOISE)
        if shape == "list":
            tree = [noise, tree]
        elif shape == "object":
            tree = {"ref": noise, "inner": tree}
        else:
            tree = {"payload": json.dumps(tree)}
    return tree


def written(request: httpx.Request, response: httpx.Response) -> str:
    """What a cassette of that exchange says."""
    with TemporaryDirectory() as folder:
        cassette = Cassette(
            Path(folder) / "one.yaml", rules=None, fail=_never, origin="by a test", base_url="https://acme.example.org"
        )
        cassette.record(request, response.status_code, "OK", response.headers, response.content)
        cassette.finish()
        text = cassette.path.read_text(encoding="utf-8")
        import yaml

        # YAML folds and escapes: what is looked for is what it says, as well as how.
        return text + json.dumps(yaml.safe_load(text), ensure_ascii=False)


def _never(message: str) -> Any:
    raise AssertionError(message)


def assert_gone(text: str, *values: str) -> None:
    for value in values:
        spelt = {
            value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], html.escape(value),
            base64.b64encode(value.encode()).decode().rstrip("="),
        }  # fmt: skip
        survived = [spelling for spelling in spelt if spelling.casefold() in text.casefold()]
        assert not survived, f"{survived} survived in:\n{text}"


@settings(max_examples=60, deadline=None)
@given(data=st.data(), secret=VALUES, name=VALUES)
def test_json_bears_nothing_under_telling_keys(data: Any, secret: str, name: str) -> None:
    body = [
        data.draw(nested(data.draw(st.sampled_from(SECRET_KEYS)), secret)),
        data.draw(nested(data.draw(st.sampled_from(PERSON_KEYS)), name)),
    ]
    exchange = httpx.Request("POST", "https://acme.example.org/x", json=body), httpx.Response(200, json=body)

    assert_gone(written(*exchange), secret, name)


@settings(max_examples=60, deadline=None)
@given(secret=VALUES, name=VALUES, header=st.sampled_from(["Authorization", "Cookie", "X-Trace", "User-Agent"]))
def test_what_was_named_once_is_gone_everywhere(secret: str, name: str, header: str) -> None:
    said = {
        "access_token": secret, "buyerName": name, "message": f"{name} came with <{secret}>", f"of {name}": 1,
        "list": [name, f"({secret})", {"deep": secret}],
    }  # fmt: skip
    request = httpx.Request(
        "POST",
        f"https://acme.example.org/people/{quote(name, safe='')}?q={quote_plus(secret)}&at=1",
        headers={header: base64.b64encode(f"{secret}:{name}".encode()).decode()},
        content=f"client_secret={quote_plus(secret)}&note={quote_plus(name)}",
    )
    response = httpx.Response(
        200, json=said, headers={"Location": f"/x/{quote(secret, safe='')}", "Set-Cookie": "s=" + quote(secret)}
    )

    assert_gone(written(request, response), secret, name)


@settings(max_examples=40, deadline=None)
@given(secret=VALUES, name=VALUES, key=st.sampled_from(PERSON_KEYS))
def test_forms_bear_nothing_under_telling_keys(secret: str, name: str, key: str) -> None:
    form = f"grant_type=x&client_secret={quote_plus(secret)}&{key}={quote_plus(name)}"
    request = httpx.Request("POST", f"https://acme.example.org/x?{form}", content=form)

    text = written(request, httpx.Response(200, content=form.encode()))

    assert_gone(text, secret, name)
    assert "grant_type=x" in text


@settings(max_examples=40, deadline=None)
@given(secret=VALUES, name=VALUES, key=st.sampled_from(PERSON_KEYS))
def test_xml_bears_nothing_under_telling_names(secret: str, name: str, key: str) -> None:
    body = (
        f"<?xml version='1.0'?><ns:answer xmlns:ns='urn:x'><!-- {base64.b64encode(name.encode()).decode()} -->"
        f"<ns:accessToken>{html.escape(secret)}</ns:accessToken><order ref='{html.escape(secret)}'>"
        f"<{key}><inner>{html.escape(name)}</inner> {html.escape(name)}</{key}><code>E42</code>"
        f"<description>for {html.escape(name)}</description></order></ns:answer>"
    )

    text = written(httpx.Request("GET", "https://acme.example.org/x"), httpx.Response(200, content=body.encode()))

    assert_gone(text, secret, name)
    assert "E42" in text


@settings(max_examples=40, deadline=None)
@given(value=VALUES, form=st.sampled_from(["<html><p>{}</p></html>", "sorry, {}", "<a><b>{}", "\x00\xff{}", "{{{}"]))
def test_what_cannot_be_read_is_left_out_whole(value: str, form: str) -> None:
    body = form.format(value).encode("latin-1" if form.startswith("\x00") else "utf-8", "replace")

    text = written(httpx.Request("GET", "https://acme.example.org/x"), httpx.Response(502, content=body))

    assert_gone(text, value)
    assert "left out of the cassette" in text


@settings(max_examples=40, deadline=None)
@given(first=PLAIN, last=PLAIN)
def test_the_words_of_a_name_are_gone_elsewhere(first: str, last: str) -> None:
    body = {"recipientName": f"{first} {last}", "message": f"Parcel for {last.upper()}, {first}"}

    text = written(httpx.Request("GET", "https://acme.example.org/x"), httpx.Response(200, json=body))

    assert_gone(text, first, last)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), value=VALUES)
def test_scrubbing_twice_is_scrubbing_once(data: Any, value: str) -> None:
    key = data.draw(st.sampled_from(SECRET_KEYS + PERSON_KEYS))
    body = json.dumps(data.draw(nested(key, value))).encode()
    once = Scrubber().answer_body(body)

    assert Scrubber().answer_body(once) == once
    assert Scrubber().request_body(once) == once


@settings(max_examples=60, deadline=None)
@given(value=NOISE.filter(lambda value: isinstance(value, dict | list)))
def test_what_tells_nothing_stays_as_it_is(value: Any) -> None:
    assert json.loads(Scrubber().answer_body(json.dumps(value).encode())) == value
