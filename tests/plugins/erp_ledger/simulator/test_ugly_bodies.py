from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# The fixtures are shared between examples on purpose: what one ugly body leaves behind must not break the next.
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)

SEQUENCE = "GLTransactionInterface.SequenceNumber"
TEXTS = st.text(max_size=12) | st.sampled_from(["", "0", "-1", "20260231", "1e9", "NaN", "99999999999999999999", "٣"])
VALUES = TEXTS | st.none() | st.integers() | st.lists(st.none(), max_size=1)


@SHARED
@given(data=st.data())
def test_spoiled_row_is_staged_or_refused_and_a_run_over_it_ends(client, simulator, row, data):
    simulator.control("settings", {"quotas": "off"})
    name = data.draw(st.sampled_from([*row(), "AccountingUnit", "TransactionDate", "System", "Nothing"]))
    spoiled = row(1) | {name: data.draw(VALUES)}

    staged = client.stage(spoiled, row(2, "-10.00", account="40100"))
    client.interface()
    client.wait()

    assert staged.status in (200, 400)
    assert simulator.control("state")["running"] == []
    assert client.list("GLTransactionInterface").status == 200
    simulator.control("reset", {})
    client.token = None


@SHARED
@given(expression=st.text(alphabet='ARunGroup=<>"() andor.1', max_size=30) | TEXTS)
def test_ugly_filter_is_answered_or_refused(client, simulator, expression):
    simulator.control("settings", {"quotas": "off"})

    assert client.list("GLTransactionInterface", _lplFilter=expression).status in (200, 400)
    assert client.list("GLTransactionInterface", _filter=expression).status in (200, 400)


@SHARED
@given(body=st.binary(max_size=40) | TEXTS.map(str.encode))
def test_ugly_body_is_refused(client, simulator, body):
    simulator.control("settings", {"quotas": "off"})

    assert client.fsm("POST", "classes/GLTransactionInterface/actions/CreateUnreleased", body=body).status == 400
    assert client.login(body).status in (400, 401)
