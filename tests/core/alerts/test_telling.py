"""Alerts: told once, told again where it got worse or was not told, by a real program and a real mail server."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from email import message_from_string, policy

import pytest

from crossdock.alerts import Look, tell
from crossdock.alerts.mail import send_mail
from crossdock.alerts.message import compose
from crossdock.checking.alerting import AlertSettings, EmailSettings
from crossdock.contract.secret import Secret
from crossdock.contract.values import Record
from crossdock.observe import redact
from crossdock.store.rows import Alerts, Change, DeliveryUpdate, Intake, State

pytestmark = pytest.mark.anyio

PERSON = "Quentin Zzyzx"
KEEP = """
import json, os, pathlib, sys
pathlib.Path(sys.argv[1]).open("a").write(sys.stdin.read() + "\\n")
pathlib.Path(sys.argv[1] + ".env").write_text(json.dumps(dict(os.environ)))
"""


@pytest.fixture
def told(tmp_path):
    """What a real program was told, document by document."""
    script, kept = tmp_path / "keep.py", tmp_path / "told"
    script.write_text(KEEP)

    def read():
        return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []

    read.settings = AlertSettings(command=(sys.executable, str(script), str(kept)), repeat=timedelta(days=1))
    read.environment = lambda: json.loads((tmp_path / "told.env").read_text())
    return read


def look(**more):
    return Look({"orders": "acme"}, frozenset({"shop", "house"}), **more)


async def put(store, clock, state, *keys, **more):
    """Deliveries in a state; those that are there already move to it."""
    records = [Record(key, {"name": PERSON}) for key in keys]
    await store.stage(Intake("orders", "account", "order", False, ["route"], records, clock.now()))
    for one in await store.deliveries():
        if one.key in keys:
            await store.apply(Change(deliveries=[DeliveryUpdate(one.id, state, clock.now(), **more)]))


async def test_issue_is_told_once_and_again_after_repeat(told, store, clock):
    await put(store, clock, State.HELD, "A", code="unmapped_node", fix="map it", reason=f"for {PERSON}")

    for _ in range(3):
        await tell(told.settings, store, look(), clock, "crossdock.yaml")
    once = told()
    clock.advance(86_400)
    await tell(told.settings, store, look(), clock, "crossdock.yaml")

    (about,) = once[0]["new"]
    assert len(once) == 1
    assert len(told()) == 2
    assert (about["pipeline"], about["customer"], about["key"], about["code"]) == (
        "orders",
        "acme",
        "A",
        "unmapped_node",
    )
    assert (about["fix"], about["delivery"]) == ("map it", 1)
    assert PERSON not in json.dumps(told())


async def test_issue_that_got_worse_is_told_again(told, store, clock):
    deadline = clock.now() + timedelta(hours=3)
    await put(store, clock, State.HELD, "A", code="overdue", deadline=deadline)
    await tell(told.settings, store, look(), clock, "x")
    await tell(told.settings, store, look(), clock, "x")

    clock.advance(2.5 * 3600)
    await tell(told.settings, store, look(), clock, "x")
    clock.advance(3600)
    await tell(told.settings, store, look(), clock, "x")
    await put(store, clock, State.DEAD, "A", code="gave_up")
    await tell(told.settings, store, look(), clock, "x")

    assert len(told()) == 4  # held, its deadline near, its deadline over, dead


async def test_what_is_over_is_told_and_only_where_it_was_looked_at(told, store, clock):
    broken = look(failed={"orders": "no answer"}, refused={"shop": "give the new key"})
    await tell(told.settings, store, broken, clock, "x")
    elsewhere = Look({"other": None}, frozenset({"third"}))
    await tell(told.settings, store, elsewhere, clock, "x")
    before = len(told())
    await tell(told.settings, store, look(), clock, "x")

    assert before == 1
    assert {one["kind"] for one in told()[0]["new"]} == {"read", "connection"}
    assert {one["kind"] for one in told()[1]["over"]} == {"read", "connection"}
    assert told()[1]["new"] == []


async def test_many_are_told_as_a_digest(told, store, clock):
    await put(store, clock, State.HELD, *(f"A{number}" for number in range(25)), code="unmapped_node")

    await tell(told.settings, store, look(), clock, "x")

    (document,) = told()
    assert document["new"] == []
    assert document["groups"] == [{"kind": "delivery", "of": "orders", "code": "unmapped_node", "count": 25}]
    assert document["summary"] == "25 need a person (orders unmapped_node)"


async def test_program_gets_no_credentials_from_our_environment(told, store, clock, monkeypatch):
    monkeypatch.setenv("WALMART_SECRET", "s3cr3t")
    await put(store, clock, State.DEAD, "A", code="gave_up")

    await tell(told.settings, store, look(), clock, "x")

    assert "WALMART_SECRET" not in told.environment()


@pytest.mark.parametrize("program", [["/no/such/program"], [sys.executable, "-c", "raise SystemExit(3)"]])
async def test_program_that_fails_stops_nothing_and_the_next_run_tells_it(program, told, store, clock):
    await put(store, clock, State.DEAD, "A", code="gave_up")
    broken = AlertSettings(command=tuple(program))

    await tell(broken, store, look(), clock, "x")
    await tell(told.settings, store, look(), clock, "x")

    assert len(told()) == 1


async def test_program_that_hangs_is_ended(told, store, clock):
    await put(store, clock, State.DEAD, "A", code="gave_up")
    hanging = (sys.executable, "-c", "import time; time.sleep(600)")

    await tell(AlertSettings(command=hanging, timeout=timedelta(seconds=0.5)), store, look(), clock, "x")
    await tell(told.settings, store, look(), clock, "x")

    assert len(told()) == 1


async def test_two_that_share_a_store_tell_it_once(told, store, clock):
    await put(store, clock, State.DEAD, "A", code="gave_up")
    found = []
    for _ in range(2):
        from crossdock.alerts.issues import issues

        rows = await issues(store, look(), clock.now())
        found.append(await store.claim_alerts(look().scopes, rows, repeat=timedelta(days=1), at=clock.now()))

    assert [len(one.new) for one in found] == [1, 0]


# ---------------------------------------------------------------- e-mail


def email(server, **more):
    facts = {"host": "127.0.0.1", "port": server.port, "from": "crossdock@example.test", "to": ["ops@example.test"]}
    return EmailSettings.model_validate({**facts, **more})


async def test_mail_goes_over_starttls_with_credentials_and_says_what_to_type(
    mail_server, certificate, store, clock, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    await put(store, clock, State.HELD, "A-17", code="unknown_carrier", fix="map it", reason=f"for {PERSON}")
    settings = AlertSettings(email=email(mail_server, user="us", password=Secret.literal("not-a-secret")))

    await tell(settings, store, look(), clock, "crossdock.yaml")

    (raw,) = mail_server.mails
    mail = message_from_string(raw, policy=policy.default)
    text = mail.get_content()
    assert mail["Subject"] == "[crossdock] 1 needs a person (orders unknown_carrier)"
    assert (mail["To"], mail["Auto-Submitted"]) == ("ops@example.test", "auto-generated")
    assert "orders A-17: held as unknown_carrier" in text
    assert "see: crossdock deliveries show 1" in text
    assert PERSON not in raw
    assert [line.split()[:2] for line in mail_server.log if "AUTH" in line] == [["tls", "AUTH"]]


async def test_mail_never_sends_a_password_where_the_server_proves_nothing(mail_server, store, clock):
    await put(store, clock, State.DEAD, "A", code="gave_up")
    settings = AlertSettings(email=email(mail_server, user="us", password=Secret.literal("not-a-secret")))

    await tell(settings, store, look(), clock, "x")  # its certificate is nobody's

    assert mail_server.mails == []
    assert not [line for line in mail_server.log if "AUTH" in line]


async def test_mail_that_is_refused_is_given_back(mail_server, told, store, clock):
    await put(store, clock, State.DEAD, "A", code="gave_up")
    mail_server.refuse = True

    await tell(AlertSettings(email=email(mail_server, security="none")), store, look(), clock, "x")
    await tell(told.settings, store, look(), clock, "x")

    assert mail_server.mails == []
    assert len(told()) == 1


async def test_mail_reaches_several_and_names_what_is_over(mail_server, clock):
    settings = email(mail_server, security="none", to=["ops@example.test", "desk@example.test"])
    redact.forget_registered()

    message = compose(Alerts([], []), digest_above=3, at=clock.now(), file="x")
    await send_mail(settings, message, clock, 5.0)

    assert len([line for line in mail_server.log if line.startswith("rcpt TO:")]) == 2
