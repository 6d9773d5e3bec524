from __future__ import annotations

import pytest


@pytest.fixture
def seven(client, order_body):
    for number in range(7):
        client.create(order_body(f"PO-{number}"))
    return client


def test_page_is_a_bare_array_with_everything_else_in_headers(seven):
    reply = seven.search("outbound-orders", query="?page=2&size=3")

    names = ("Total-Pages", "Page-Size", "Page-Number", "Total-Elements")
    assert [reply.headers[name] for name in names] == ["3", "3", "2", "7"]
    assert [order["references"]["customer"] for order in reply.json] == ["PO-3", "PO-2", "PO-1"]
    links = {part.partition("; ")[2]: part.partition(";")[0] for part in reply.headers["Link"].split(", ")}
    path = f"/tenants/{seven.tenant}/outbound-orders/search"
    assert links['rel="next"'] == f"<http://cc.example.test{path}?page=3&size=3>"
    assert sorted(links) == ['rel="first"', 'rel="last"', 'rel="next"', 'rel="prev"']


def test_last_page_has_no_next(seven):
    assert 'rel="next"' not in seven.search("outbound-orders", query="?page=3&size=3").headers["Link"]


def test_page_beyond_the_end_is_empty_but_not_an_error(seven):
    reply = seven.search("outbound-orders", query="?page=9&size=3")

    assert (reply.status, reply.json, reply.headers["Total-Pages"]) == (200, [], "3")


def test_nothing_found_is_an_empty_array(client):
    reply = client.find("PO-1"), client.search("outbound-orders").headers

    assert reply[0] == []
    assert (reply[1]["Total-Elements"], reply[1]["Total-Pages"]) == ("0", "0")


def test_size_is_lowered_to_what_is_allowed(seven, settings):
    settings(max_page_size=5)

    reply = seven.search("outbound-orders", query="?size=500")

    assert (reply.headers["Page-Size"], len(reply.json)) == ("5", 5)


@pytest.mark.parametrize("query", ["?page=0", "?page=x", "?size=-1", "?size=", "?page=99999999999"])
def test_page_that_is_no_number_above_zero_is_refused(client, query):
    assert client.search("outbound-orders", query=query).status == 400


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_pages_together_hold_every_order_once(seven, size):
    ids, number, pages = [], 1, 1
    while number <= pages:
        reply = seven.search("outbound-orders", query=f"?page={number}&size={size}")
        ids += [order["id"] for order in reply.json]
        number, pages = number + 1, int(reply.headers["Total-Pages"])

    assert (len(ids), len(set(ids))) == (7, 7)


def test_minimal_answer_holds_ids_only_and_says_so(seven):
    reply = seven.search("outbound-orders", headers={"Prefer": "return=minimal"})

    assert reply.headers["Preference-Applied"] == "return=minimal"
    assert {tuple(order) for order in reply.json} == {("id",)}


def test_minimal_answer_is_not_offered_for_products(seven):
    reply = seven.search("warehouse-products", headers={"Prefer": "return=minimal"})

    assert "Preference-Applied" not in reply.headers
    assert reply.json[0]["references"]["code"] == "MUG-1"


def test_preference_that_does_not_apply_is_not_claimed(seven):
    reply = seven.search("outbound-orders", headers={"Prefer": "return=no-items"})

    assert "Preference-Applied" not in reply.headers
    assert reply.json[0]["items"]
