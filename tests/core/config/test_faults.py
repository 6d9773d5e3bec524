from __future__ import annotations

from crossdock.config import Fault, Faults, Findings, Mark
from crossdock.errors import ConfigError

FAULT = Fault(
    "crossdock.yaml", 18, 17, "unknown_component", "walmart has no source 'order'",
    "walmart 0.3.0 reads: listings, orders", "write `use: walmart.orders`",
)  # fmt: skip


def test_fault_is_rendered_with_place_what_is_valid_and_fix():
    assert str(FAULT) == (
        "crossdock.yaml:18:17: walmart has no source 'order'\n"
        "  walmart 0.3.0 reads: listings, orders\n"
        "  fix: write `use: walmart.orders`"
    )


def test_warning_says_that_it_is_one():
    assert str(Fault("a.yaml", 1, 2, "x", "beware", severity="warning")) == "a.yaml:1:2: warning: beware"


def test_faults_are_a_config_error_that_bears_them_all():
    error = Faults([FAULT, FAULT])

    assert isinstance(error, ConfigError)
    assert error.faults == (FAULT, FAULT)
    assert str(error).count("crossdock.yaml:18:17") == 2


def test_fault_as_json_has_the_keys_that_check_prints():
    assert {"file", "line", "column", "code", "message", "fix"} <= set(FAULT.to_json())


def test_findings_come_in_file_order_and_each_once():
    findings = Findings()
    findings.name_file("first.yaml")
    findings.add(Mark("second.yaml", 1, 1), "a", "x")
    findings.add(Mark("first.yaml", 9, 2), "a", "x")
    findings.add(Mark("first.yaml", 9, 1), "a", "x")
    findings.add(Mark("first.yaml", 9, 1), "a", "x")
    findings.warn(Mark("first.yaml", 2, 5), "a", "x")

    assert [(fault.file, fault.line, fault.column) for fault in findings] == [
        ("first.yaml", 2, 5),
        ("first.yaml", 9, 1),
        ("first.yaml", 9, 2),
        ("second.yaml", 1, 1),
    ]
    assert len(findings.errors) == 3
