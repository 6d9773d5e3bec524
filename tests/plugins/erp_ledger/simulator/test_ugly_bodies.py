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


@SHARED
@given(
    name=st.sampled_from(["LINE", "CUAM", "ACAM", "ARAT", "ACDT", "SHDT", "AIT1", "CUCD", "DBCR", "PARM"]), value=TEXTS
)
def test_ugly_field_of_m3_is_taken_or_refused_with_a_message(client, simulator, day, name, value):
    simulator.control("settings", {"quotas": "off", "line_checks": False})
    key = {"CONO": "100", "DIVI": "AAA", "KEY1": "K"}
    line = {"LINE": "1", "INRI": "I1", "AIT1": "11500", "CUAM": "1.00", "CUCD": "CAD", "ARAT": "1", "ACDT": day}
    positions = name == "PARM"
    client.m3("AddBatchHead", **key, INTN="XDPOS" if positions else "XDWMT", DESC="x")

    fields = {**key, "LINE": "1"} if positions else {"KEY1": "K", **line}
    added = client.m3("AddBatchLine" if positions else "AddBatchLineFld", **fields | {name: value})
    checked = client.m3("CtrlBatch", **key)

    assert all("records" in one or one["errorMessage"] for one in (added, checked))
    simulator.control("reset", {})
    client.token = None


@SHARED
@given(query=st.text(alphabet='VTXAI1:"[]* ANDO.', max_size=30) | TEXTS)
def test_ugly_search_of_m3_is_answered_or_refused(client, simulator, query):
    simulator.control("settings", {"quotas": "off"})

    result = client.m3("SearchGenLedger", program="GLS200MI", SQRY=query)

    assert "records" in result or result["errorField"] == "SQRY"
