from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.contract.values import Link, Ref
from crossdock.store.linking import turn
from crossdock.store.rows import Change
from crossdock.store.sqlite.connections import open_writer
from crossdock.store.sqlite.migrate import migrate
from crossdock.store.sqlite.queries import load, widen

pytestmark = pytest.mark.anyio


async def test_links_are_found_for_each_record_by_any_of_its_ids(store, make):
    one, two = make.link("po1", "so1", lines={"1": "a"}), make.link("po2", "so2", detail={"x": 1})
    await store.apply(Change(links=[(None, one) for one in [one, two]]))

    found = await store.links(make.source, make.sink, {"r1": ["po1", "other"], "r2": ["so2"], "r3": ["no"], "r4": []})

    assert {key: list(links) for key, links in found.items()} == {"r1": [one], "r2": [two], "r3": [], "r4": []}


async def test_links_are_seen_from_the_side_that_asks(store, make):
    await store.apply(
        Change(
            links=[(None, one) for one in [make.link("po1", "so1", lines={"1": "a", "2": {"id": "b", "unit": "each"}})]]
        )
    )

    (link,) = (await store.links(make.sink, make.source, {"r": ["so1"]}))["r"]

    assert (link.near, link.far) == (Ref(make.sink, "sale_order", "so1"), Ref(make.source, "purchase_order", "po1"))
    assert link.lines == {"a": "1", "b": {"id": "2", "unit": "each"}}


async def test_links_of_other_accounts_are_not_seen(store, make):
    await store.apply(
        Change(links=[(None, one) for one in [Link(Ref("shop:b", "k", "po1"), Ref(make.sink, "k", "so1"))]])
    )

    found = await store.links(make.source, make.sink, {"r": ["po1", "so1"]})

    assert len(found["r"]) == 0


async def test_links_within_one_account_are_seen_once(store):
    link = Link(Ref("a", "order", "1"), Ref("a", "parcel", "2"))
    await store.apply(Change(links=[(None, one) for one in [link]]))

    assert list((await store.links("a", "a", {"r": ["1", "2"]}))["r"]) == [link]


async def test_link_that_is_there_takes_the_newer_lines(store, make):
    await store.apply(Change(links=[(None, one) for one in [make.link("po1", "so1", lines={"1": "a"})]]))
    await store.apply(Change(links=[(None, make.link("po1", "so1", lines={"1": "b"}))]))

    assert list((await store.links(make.source, make.sink, {"r": ["po1"]}))["r"]) == [
        make.link("po1", "so1", lines={"1": "b"})
    ]


async def test_link_remembers_the_effect_that_made_it(store, make, staged, beside):
    (due,) = await staged(make.record("1"))
    await store.apply(make.attempt(due, "e1"))
    await store.apply(make.settle(due, "e1"))
    await store.apply(Change(links=[(None, one) for one in [make.link("1", "so-e1")]]))

    assert beside.rows("SELECT effect_id FROM links") == [("e1",)]


async def test_links_are_found_for_many_records_in_the_order_they_were_made(store, make):
    await store.apply(Change(links=[(None, one) for one in [make.link(f"po{n}", f"so{n}") for n in range(600)]]))
    await store.apply(Change(links=[(None, one) for one in [make.link(f"po{n}", f"extra{n}") for n in range(600)]]))

    found = await store.links(make.source, make.sink, {str(n): [f"po{n}"] for n in range(600)})

    assert [[link.far.id for link in found[str(n)]] for n in (0, 599)] == [["so0", "extra0"], ["so599", "extra599"]]


def test_turned_link_lists_near_lines_that_share_a_far_line(make):
    link = make.link("po", "so", lines={"1": "a", "2": "a", "3": "a", "4": {"sku": "no id"}})

    assert turn(link).lines == {"a": ["1", "2", "3"]}


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 99).map(str), max_size=5))
def test_turning_twice_gives_the_same_where_lines_match_one_to_one(lines):
    link = Link(Ref("a", "k", "1"), Ref("b", "k", "2"), {v: k for k, v in {v: k for k, v in lines.items()}.items()})

    assert turn(turn(link)) == Link(link.near, link.far, {str(k): v for k, v in link.lines.items()})


@pytest.mark.parametrize("title", ["by_near", "by_far"])
def test_links_of_many_are_looked_up_one_by_one_however_many_are_stored(path, title):
    connection = open_writer(path)
    migrate(connection, path)
    connection.execute("ANALYZE")
    connection.execute("INSERT INTO sqlite_stat1 VALUES ('links', 'links_near', '1000000 500000 1 1 1 1 1')")
    connection.execute("INSERT INTO sqlite_stat1 VALUES ('links', 'links_far', '1000000 500000 1')")
    connection.close()
    connection = open_writer(path)  # statistics are read when a file is opened

    sql = widen(load("links")[title], 256)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", ["x"] * sql.count("?"))]

    connection.close()
    assert any(step.startswith(f"SEARCH l USING INDEX links_{title.removeprefix('by_')}") for step in plan)
    assert not [step for step in plan if "BLOOM" in step or "AUTOMATIC" in step or step.startswith("SCAN l")]
