from __future__ import annotations

import time

import pytest

from crossdock.config import Items, Mark, Scalar, Table


def test_every_key_and_value_knows_its_line_and_column(read, tmp_path):
    root = read("a: 1\nbé:\n  - {c: ü, d: [x]}\n").root
    file = str(tmp_path / "crossdock.yaml")

    assert root.entries["bé"].mark == Mark(file, 2, 1)
    (item,) = root.entries["bé"].value.items
    assert item.entries["c"].value.mark == Mark(file, 3, 9)
    assert item.entries["d"].mark == Mark(file, 3, 12)
    assert item.entries["d"].value.items[0].mark == Mark(file, 3, 16)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("off", "off"),
        ("2026-11-01", "2026-11-01"),
        ("12:30:45", "12:30:45"),
        ("true", True),
        ("~", None),
        ("", None),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("1_000", "1_000"),
        ("-3", -3),
        ("1e3", 1000.0),
        (".inf", float("inf")),
        ("'5'", "5"),
        ('"null"', "null"),
        ("!!str 5", "5"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_unquoted_scalar_means_what_yaml_1_2_says(read, written, value):
    node = read(f"key: {written}\n").root.entries["key"].value

    assert node.value == value
    assert type(node.value) is type(value)


def test_keys_are_texts_whatever_they_look_like(read):
    root = read("1011: a\ntrue: b\n'on': c\n").root

    assert list(root.entries) == ["1011", "true", "on"]


def test_merge_takes_keys_that_are_not_there_and_the_first_table_wins(read, places):
    text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc:\n  y: 3\n  <<: [*a, *b]\n"

    merged = read(text).root.entries["c"].value

    assert {key: entry.value.value for key, entry in merged.entries.items()} == {"y": 3, "x": 1, "z": 2}
    assert places() == []


def test_merge_of_something_else_than_a_mapping_is_a_fault(read, places):
    read("a: {<<: 5}\n")

    assert places() == [(1, 9, "wrong_type")]


def test_duplicate_keys_are_all_found_with_both_lines(read, findings, places):
    root = read("a: 1\nb: {c: 1, c: 2}\na: 3\n").root

    assert places() == [(2, 11, "duplicate_key"), (3, 1, "duplicate_key")]
    assert "lines 1 and 3" in list(findings)[1].fix
    assert root.entries["a"].value.value == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"a: \xff\n", (1, 4, "not_utf8")),
        ("é: 1\nb: \xfc\n".encode("latin-1"), (1, 1, "not_utf8")),
        (b"a: 1\nb: \x00\n", (2, 4, "syntax")),
        (b"", (1, 1, "empty_file")),
        (b"# nothing\n\n", (1, 1, "empty_file")),
        (b"---\n", (2, 1, "wrong_type")),
        (b"\n- a\n", (2, 1, "wrong_type")),
        (b"just words\n", (1, 1, "wrong_type")),
        (b"a: *b\n", (1, 4, "syntax")),
        (b"a: &a [*a]\n", (1, 8, "syntax")),
        (b"a: !python/object 1\n", (1, 4, "syntax")),
        (b"? [a, b]\n: c\n", (1, 3, "syntax")),
        (b"a: 1\n---\nb: 2\n", (2, 1, "syntax")),
        (b"a: 'b\n", (1, 4, "syntax")),
        (b'a: "\\q"\n', (1, 5, "syntax")),
        (b"a:\n  - b\n c: 1\n", (3, 2, "syntax")),
        (b"a: b: c\n", (1, 5, "syntax")),
        (b"a: %x\n", (1, 4, "syntax")),
    ],
)
def test_what_cannot_be_parsed_is_a_fault_at_its_place(read, places, text, place):
    read(text)

    assert places() == [place]


def test_byte_order_mark_is_no_part_of_the_first_key(read):
    assert list(read("\ufeffa: 1\n".encode()).root.entries) == ["a"]


def test_windows_line_ends_are_read(read):
    root = read(b"a: x\r\nb: y\r\n").root

    assert root.entries["a"].value.value == "x"
    assert root.entries["b"].mark.line == 2


def test_deep_nesting_is_refused_before_it_costs_anything(read, places):
    started = time.process_time()
    read("a: " + "[" * 100_000)

    assert [code for *_, code in places()] == ["too_deep"]
    assert time.process_time() - started < 1


def test_aliases_that_grow_without_bound_are_refused(read, places):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]

    assert read("\n".join(lines)) is None
    assert [code for *_, code in places()] == ["too_large"]


def test_tree_holds_nothing_but_tables_lists_and_scalars(read):
    root = read("a: [1, {b: !!str 2}]\n").root

    assert isinstance(root, Table)
    assert isinstance(root.entries["a"].value, Items)
    assert isinstance(root.entries["a"].value.items[0], Scalar)


@pytest.mark.parametrize(
    "written",
    [
        "plain words here",
        "'single quotes here'",
        '"double quotes here"  # and a comment',
        "|\n    two lines\n      of words here\n",
        "|-\n\n    after a blank line here\n",
        "é ü words here",
    ],
)
def test_each_character_of_a_value_is_found_where_it_stands(read, written):
    text = f"a:\n  b: {written}\n"
    value = read(text).root.entries["a"].value.entries["b"].value

    mark = value.at(value.value.index("here"))

    assert text.splitlines()[mark.line - 1][mark.column - 1 :].startswith("here")


@pytest.mark.parametrize(
    "written",
    [
        ">-\n    folded\n    words here",
        '"an \\x65scape here"',
        "'it''s here'",
        "$${escaped} here",
        "&anchor words here",
        "!!str words here",
        "over\n    two lines here",
    ],
)
def test_character_of_a_value_that_is_written_otherwise_is_found_at_its_beginning(read, written):
    value = read(f"a:\n  b: {written}\n").root.entries["a"].value.entries["b"].value

    assert value.at(value.value.index("here")) == value.mark
