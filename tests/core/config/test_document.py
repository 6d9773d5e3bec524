from __future__ import annotations

import os
from pathlib import Path

import pytest

from crossdock.config import read_document


def test_missing_file_is_a_fault(tmp_path, findings, places):
    assert read_document(tmp_path / "none.yaml", env={}, secrets=None, findings=findings) is None
    assert places() == [(1, 1, "unreadable_file")]


def test_directory_is_a_fault(tmp_path, findings):
    assert read_document(tmp_path, env={}, secrets=None, findings=findings) is None
    assert "this is a directory" in str(next(iter(findings)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read_is_a_fault(tmp_path, findings):
    path = tmp_path / "crossdock.yaml"
    path.write_text("version: 1\n")
    path.chmod(0)

    assert read_document(path, env={}, secrets=None, findings=findings) is None
    assert "may not read" in str(next(iter(findings)))


def test_file_of_unlikely_size_is_refused(tmp_path, findings, places):
    path = tmp_path / "crossdock.yaml"
    path.write_bytes(b"#" * (4 * 1024 * 1024 + 1))

    assert read_document(path, env={}, secrets=None, findings=findings) is None
    assert places() == [(1, 1, "too_large")]


def test_include_joins_connections_and_pipelines_in_the_order_of_names(tmp_path, read, places):
    (tmp_path / "customers").mkdir()
    (tmp_path / "customers" / "b.yaml").write_text("pipelines: {three: {}}\n")
    (tmp_path / "customers" / "a.yaml").write_text("version: 1\nconnections: {x: {}}\npipelines: {two: {}}\n")

    document = read("include: customers/*.yaml\npipelines: {one: {}}\n")

    assert list(document.root.entries["pipelines"].value.entries) == ["one", "two", "three"]
    assert list(document.root.entries["connections"].value.entries) == ["x"]
    assert [path.name for path in document.files] == ["crossdock.yaml", "a.yaml", "b.yaml"]
    assert places() == []


def test_name_that_two_files_define_is_a_fault_that_names_both_places(tmp_path, read, findings):
    (tmp_path / "more.yaml").write_text("\npipelines: {one: {}}\n")

    read("include: more.yaml\npipelines: {one: {}}\n")

    (fault,) = findings
    assert (fault.file, fault.line, fault.column) == (str(tmp_path / "more.yaml"), 2, 13)
    assert f"first at {tmp_path / 'crossdock.yaml'}:2:13" in fault.message


def test_included_file_may_say_nothing_else(tmp_path, read, findings):
    (tmp_path / "more.yaml").write_text("store: sqlite:x.db\ninclude: other.yaml\n")

    document = read("include: [more.yaml]\n")

    assert [fault.code for fault in findings] == ["unknown_key", "unknown_key"]
    assert "store" not in document.root.entries


def test_faults_of_included_files_come_after_those_of_the_first_one(tmp_path, read, findings):
    (tmp_path / "a.yaml").write_text("pipelines: {x: '${env:NONE}'}\n")

    read("include: a.yaml\n\n\n\n\nstore: '${env:NONE}'\n")

    assert [(Path(fault.file).name, fault.line) for fault in findings] == [("crossdock.yaml", 6), ("a.yaml", 1)]


def test_include_reads_a_file_once_and_never_itself(read, findings, tmp_path):
    (tmp_path / "a.yaml").write_text("pipelines: {x: {}}\n")

    document = read("include: ['*.yaml', a.yaml]\n")

    assert [path.name for path in document.files] == ["crossdock.yaml", "a.yaml"]
    assert list(findings) == []


@pytest.mark.parametrize("include", ["5", "{a: b}", "[[a]]", "''", "none/*.yaml", "'a\\0'"])
def test_include_of_something_else_than_files_is_a_fault(read, findings, include):
    read(f"include: {include}\n")

    assert {fault.code for fault in findings} <= {"wrong_type", "unreadable_file"}
    assert list(findings)
