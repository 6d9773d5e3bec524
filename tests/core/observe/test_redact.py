from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.observe.redact import (
    MASK,
    redact_body,
    redact_headers,
    redact_json,
    redact_text,
    redact_url,
    register,
)

SECRET = 'hunter2/+=& "q"'
PERSON = "Quentin Zzyzx"
PERSONAL_KEYS = st.sampled_from(
    [
        "name",
        "firstName",
        "last_name",
        "address1",
        "addressLine2",
        "phone",
        "customerEmailId",
        "postCode",
        "zip",
        "city",
        "shippingAddress",
        "contact",
        "deliver-instructions",
        "buyer",
        "recipient",
        "postalAddress",
        "companyName",
    ]
)
SECRET_KEYS = st.sampled_from(
    ["Authorization", "WM_SEC.ACCESS_TOKEN", "client_secret", "token", "password", "x-api-key", "Set-Cookie", "auth"]
)
NEUTRAL_KEYS = st.sampled_from(["order", "lines", "sku", "details", "a", "data", "references", "body"])


def nest(leaf: Any) -> st.SearchStrategy[Any]:
    """Some JSON that holds `leaf` somewhere: below mappings, lists, and JSON written as text."""
    return st.recursive(
        st.just(leaf),
        lambda inner: st.one_of(
            st.builds(lambda key, value, other: {"other": other, key: value}, NEUTRAL_KEYS, inner, st.integers()),
            st.lists(inner, min_size=1, max_size=3),
            inner.filter(lambda value: isinstance(value, dict | list)).map(json.dumps),
        ),
        max_leaves=6,
    )


def planted(keys: st.SearchStrategy[str], value: str) -> st.SearchStrategy[Any]:
    leaves = st.one_of(
        st.builds(lambda key: {key: value}, keys),
        st.builds(lambda key: {key: [value, {"line": value}]}, keys),
        st.builds(lambda key: {key: {"first": value, "deep": {"er": value}}}, keys),
    )
    return leaves.flatmap(nest)


@given(planted(PERSONAL_KEYS, PERSON))
def test_redact_json_lets_no_person_through_at_any_depth(value: Any) -> None:
    assert PERSON not in json.dumps(redact_json(value))


@given(planted(SECRET_KEYS, SECRET))
def test_redact_json_lets_no_value_of_a_secret_key_through_at_any_depth(value: Any) -> None:
    assert "hunter2" not in json.dumps(redact_json(value))


@given(nest(f"before {SECRET} after"))
def test_redact_json_lets_no_registered_secret_through_under_any_key(value: Any) -> None:
    register(SECRET)

    assert "hunter2" not in json.dumps(redact_json(value))


@given(st.text(min_size=4), st.text(), st.text())
def test_redact_text_masks_a_registered_secret_wherever_it_stands(secret: str, before: str, after: str) -> None:
    register(secret)

    shown = redact_text(f"{before}{secret}{after}")

    # What is left of the mask's own letters does not count.
    assert secret not in shown.replace(MASK, "\0") or secret in MASK


@given(st.text())
def test_redact_text_gives_the_same_when_it_is_applied_again(text: str) -> None:
    once = redact_text(text)

    assert redact_text(once) == once


def test_redact_json_keeps_what_tells_of_nobody():
    order = {
        "customerOrderId": "12000345",
        "warehouse": {"name": "Sydney DC"},
        "allowSplitting": False,
        "lines": [{"sku": "MUG-01", "quantity": Decimal("2.50"), "carrier": {"name": "Star Track"}}],
        "note": None,
    }

    assert redact_json(order) == order


def test_redact_json_masks_names_of_customers_and_numbers_of_telephones():
    masked = redact_json({"customer": {"name": "A. Buyer"}, "phone": 61400000000, "emailVerified": True})

    assert masked == {"customer": {"name": MASK}, "phone": MASK, "emailVerified": True}


def test_redact_json_masks_a_registered_secret_that_came_as_a_number():
    register("90210777")

    assert redact_json({"reference": 90210777}) == {"reference": MASK}


def test_redact_json_ends_when_the_value_contains_itself():
    loop: dict[str, Any] = {"sku": "MUG"}
    loop["again"] = loop

    assert MASK in json.dumps(redact_json(loop))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def-123", f"Authorization: Bearer {MASK}"),
        ("basic authentication is needed", "basic authentication is needed"),
        ("the token expired yesterday", "the token expired yesterday"),
        ("grant_type=client_credentials&client_secret=xyz", f"grant_type=client_credentials&client_secret={MASK}"),
        ("mail to quentin@example.test failed", f"mail to {MASK} failed"),
        ("postgresql://ann:pw@db.example.test/x", f"postgresql://{MASK}@db.example.test/x"),
        ('sent {"phone": "0400 000 000"} and waited', f'sent {{"phone": {MASK}}} and waited'),
        ("address: 127.0.0.1:8080 refused", "address: 127.0.0.1:8080 refused"),
    ],
)
def test_redact_text_masks_what_looks_secret_and_leaves_prose(text: str, shown: str):
    assert redact_text(text) == shown


def test_redact_text_masks_a_secret_in_the_spellings_of_urls_and_json():
    register(SECRET)

    for spelling in ("hunter2%2F%2B%3D%26%20%22q%22", "hunter2%2F%2B%3D%26+%22q%22", 'hunter2/+=& \\"q\\"'):
        assert redact_text(f"x {spelling} y") == f"x {MASK} y"


def test_redact_text_masks_a_short_secret_only_where_it_is_the_whole_text():
    register("ab")

    assert redact_text("ab") == MASK
    assert redact_text("cabbage") == "cabbage"


def test_redact_headers_masks_what_proves_who_we_are():
    headers = [("Accept", "application/json"), ("WM_SEC.ACCESS_TOKEN", "t"), ("authorization", "Bearer t")]

    assert redact_headers(headers) == [
        ("Accept", "application/json"),
        ("WM_SEC.ACCESS_TOKEN", MASK),
        ("authorization", MASK),
    ]


def test_redact_url_masks_telling_parameters_and_keeps_the_spelling_of_others():
    url = "https://u:p@api.example.test:8443/a%20b?limit=10&access_token=xyz&ids=1%2C2&who=q%40example.test#top"

    assert redact_url(url) == (
        f"https://{MASK}@api.example.test:8443/a%20b?limit=10&access_token={MASK}&ids=1%2C2&who={MASK}#top"
    )


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"", None),
        (b'{"sku":"A","email":"q@example.test"}', {"sku": "A", "email": MASK}),
        (b"grant_type=x&client_secret=abc", f"grant_type=x&client_secret={MASK}"),
        (b"\xff\xfe\x00", "[3 bytes]"),
        (b"<html>down for q@example.test</html>", f"<html>down for {MASK}</html>"),
    ],
)
def test_redact_body_shows_each_form_of_body(body: bytes, shown: Any):
    assert redact_body(body) == shown
