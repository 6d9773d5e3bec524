"""Links by hand: all or none, kept so that they can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crossdock.errors import StoreError
from crossdock.store.rows import LinkEdit

pytestmark = pytest.mark.anyio
AT = datetime(2026, 11, 2, tzinfo=UTC)
WHO = {"reason": "the old books", "actor": "a person", "at": AT}


async def links(store):
    return {(row.link.near.id, row.link.far.id): row.link.lines for row in await store.linked()}


async def test_edits_are_made_all_or_none(store, make):
    await store.edit_links([LinkEdit(None, make.link("po1", "so1"))], what="added", **WHO)

    with pytest.raises(StoreError, match="is there already; nothing was changed"):
        await store.edit_links(
            [LinkEdit(None, make.link("po2", "so2")), LinkEdit(None, make.link("po1", "so1", lines={"1": "x"}))],
            what="imported",
            **WHO,
        )

    assert await links(store) == {("po1", "so1"): {}}
    assert [change.what for change in await store.link_changes()] == ["added"]


async def test_change_can_be_read_back_and_taken_back(store, make):
    before, after = (
        make.link("po1", "so1", lines={"1": "a"}),
        make.link("po1", "so1", lines={"1": "b", "2": ["c", "d"]}),
    )
    await store.edit_links([LinkEdit(None, before)], what="added", **WHO)
    number = await store.edit_links([LinkEdit(before, after)], what="lines", **WHO)

    change = await store.link_change(number)
    await store.edit_links([LinkEdit(edit.after, edit.before) for edit in change.edits], what="undone", **WHO)

    assert (change.actor, change.reason, change.edits) == ("a person", "the old books", [LinkEdit(before, after)])
    assert await links(store) == {("po1", "so1"): {"1": "a"}}
    assert await store.link_change(99) is None


async def test_edit_of_what_has_changed_since_is_refused(store, make):
    one, other = make.link("po1", "so1", lines={"1": "a"}), make.link("po1", "so1", lines={"1": "b"})
    await store.edit_links([LinkEdit(None, one)], what="added", **WHO)

    for edit, said in (
        (LinkEdit(other, None), "has changed since"),
        (LinkEdit(make.link("po9", "so9"), None), "is not there any more"),
    ):
        with pytest.raises(StoreError, match=said) as refused:
            await store.edit_links([edit], what="removed", **WHO)
        assert refused.value.code == "link_changed"


async def test_links_are_listed_by_either_end(store, make):
    for number in range(3):
        await store.edit_links([LinkEdit(None, make.link(f"po{number}", "so1"))], what="added", **WHO)

    assert [row.link.near.id for row in await store.linked("so1")] == ["po2", "po1", "po0"]
    assert [row.link.far.id for row in await store.linked("po1")] == ["so1"]
    assert await store.linked("nothing") == []
    assert {row.made for row in await store.linked()} == {None}


async def test_newest_deliveries_are_those_of_the_newest_revision_in_whatever_state(store, make, staged):
    await staged(make.record("a", {"n": 1}), make.record("b", {"n": 1}))
    await staged(make.record("a", {"n": 2}))

    found = await store.newest_deliveries(make.pipeline, make.route, ["a", "b", "none"])

    assert {key: (one.key, one.revision) for key, one in found.items()} == {"a": ("a", 2), "b": ("b", 1)}
    assert b'{"n":2}' in (found["a"].raw or b"")
