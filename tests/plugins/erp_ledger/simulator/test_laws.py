"""Laws of the simulated books, whatever is staged, started, deleted and mended in whatever order."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)

GROUPS = st.sampled_from(["XD1", "XD2"])
DELETE = (
    "ldrest/GLTransactionInterface/DeleteAllTransactionsForRunGroup_DeleteAllTransactionsForRunGroupForm_FormOperation"
)
RESET = "ldrest/GLTransactionInterface/ResetAllErrors_ResetAllErrorsForm_FormOperation"
BEGUN = st.sampled_from(["interface", "interface", "in part", "delete", "reset", "wait", "add account"])
STEPS = st.one_of(
    st.tuples(st.just("entry"), GROUPS, st.integers(1, 6), st.sampled_from(["10.00", "3.00"])),
    st.tuples(st.sampled_from(["row", "unknown account"]), GROUPS, st.integers(1, 9), st.just("5.00")),
    st.tuples(BEGUN, GROUPS),
    st.tuples(BEGUN, GROUPS),
)


def take(client, row, step):
    kind, group, *more = step
    if kind == "entry":
        first, amount = more
        client.stage(row(first, amount, group=group), row(first + 1, f"-{amount}", group=group))
    elif kind in ("row", "unknown account"):
        client.stage(row(*more, account="11500" if kind == "row" else "49999", group=group))
    elif kind in ("interface", "in part"):
        client.interface(group, PrmPartialUpdate=str(kind == "in part").lower())
    elif kind in ("delete", "reset"):
        client.fsm("GET", DELETE if kind == "delete" else RESET, {"PrmRunGroup": group})
    elif kind == "add account":
        client.simulator.control("accounts", {"accounts": [{"account": "49999"}]})
    else:
        client.wait()


@SHARED
@given(steps=st.lists(STEPS, min_size=6, max_size=30))
@example(
    steps=[
        ("entry", "XD1", 1, "3.00"),
        ("interface", "XD1"),
        ("wait", "XD1"),
        ("entry", "XD1", 1, "3.00"),
        ("unknown account", "XD1", 5, "5.00"),
        ("in part", "XD1"),
    ]
)
def test_each_journal_balances_and_no_row_is_in_two_places(client, simulator, row, steps):
    simulator.control("reset", {})
    simulator.control("settings", {"quotas": "off"})
    client.token = None
    for step in steps:
        take(client, row, step)
    client.wait()

    sums = defaultdict(Decimal)
    for one in client.ledger():
        sums[one["Journal"]] += Decimal(one["TransactionAmount"])
    event(f"{min(len(sums), 3)} journals")
    assert not any(sums.values())
    results = client.list("GLTransactionInterfaceResult").records
    assert sum(int(one["PassedCount"]) for one in results) == len(client.ledger())
    assert all(int(one["PassedCount"]) + int(one["FailedCount"]) <= int(one["RecordCount"]) for one in results)
    assert all((one["Status"] == "1") == (one["PassedCount"] == one["RecordCount"]) for one in results)
    bad = {one["ErrorMessage"] != "" for one in client.staged() if one["Status"] == "2"}
    assert bad <= {True}
