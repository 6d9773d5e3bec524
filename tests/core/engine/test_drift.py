"""Fields that appear in answers and fields that go: counted, listed, never fatal, and looked for seldom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import Shape

pytestmark = pytest.mark.anyio
SHAPE = Shape.of({"": "name size lines notes*", "lines": "sku amount", "lines.amount": "value"})
trees = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "lines", "sku", "x"]), inner),
    max_leaves=12,
)


@pytest.fixture
def shaped(monkeypatch, bench):
    source = type(bench.route().source)
    monkeypatch.setattr(source, "shape", SHAPE)
    to_document = source.to_document
    few = ("name", "size")  # what the plugin reads of it: whatever else is there does not concern it
    monkeypatch.setattr(source, "to_document", lambda self, raw: to_document(self, {one: raw[one] for one in few}))
    return bench


def thing(**more):
    return {"name": "mug", "size": 1, **more}


async def listed(bench):
    return {(one.path, one.gone): one.seen for one in await bench.store.drift()}


async def test_new_field_is_listed_and_everything_goes_on(shaped, world):
    await shaped.run([thing(colour_code=7, lines=[{"sku": "A", "wrap": {"paper": 1}}])])

    assert world.made == {"mug": 1}
    assert await listed(shaped) == {("colour_code", False): 1, ("lines.wrap", False): 1}


async def test_known_and_opaque_fields_are_not_listed(shaped):
    await shaped.run([thing(notes={"anything": {"at": "all"}}, lines=[{"sku": "A", "amount": {"value": 1}}])])

    assert await listed(shaped) == {}


async def test_field_that_was_always_there_is_missed_when_it_goes(shaped, clock):
    for number in range(70):
        clock.advance(60)
        await shaped.run([{"name": f"mug-{number}", "size": 1, **({"notes": 1} if number < 15 else {})}])

    assert await listed(shaped) == {("notes", True): 15}


async def test_few_records_of_a_read_are_looked_at(shaped, monkeypatch):
    looked = []
    fields = SHAPE.fields

    class Counting(Shape):
        def fields(self, raw):
            looked.append(raw)
            return fields(raw)

    monkeypatch.setattr(type(shaped.route().source), "shape", Counting(SHAPE.paths, SHAPE.opaque))
    await shaped.run(*[[thing(name=f"mug-{batch}-{number}") for number in range(5)] for batch in range(12)])

    assert [one["name"] for one in looked] == [f"mug-{batch}-0" for batch in range(8)]


@given(raw=trees)
def test_shape_looks_at_whatever_comes_and_not_into_what_it_does_not_know(raw):
    found = SHAPE.fields(raw)

    assert not any(path.startswith(f"{other}.") for path in found for other in found - SHAPE.paths)
