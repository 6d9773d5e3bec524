from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

PERSON = "Quentin Zzyzx"


def snapshot(folder: Path) -> dict[str, object]:
    """Every file of a folder with its content; of a store, whatever SQL can see of it."""
    return {path.name: rows(path) if path.suffix == ".db" else path.read_bytes() for path in folder.iterdir()}


def rows(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_plan_prints_the_exact_requests_redacted_with_the_digest_of_the_true_body(
    crossdock, definition, depot, make_parcel
):
    depot.parcels = [make_parcel(1)]

    result = crossdock("plan", "parcels", "--json")

    assert result.exit_code == 0, result.output
    [effect] = json.loads(result.stdout)["effects"]
    [request] = effect.pop("requests")
    body = {"reference": "P1", "sku": "MUG-01", "to": {"name": PERSON, "street": "1 Zzyzx Road"}}
    assert effect == {"pipeline": "parcels", "route": "depot.bookings@gate", "key": "P1", "effect_key": "P1"}
    assert list(request) == ["method", "url", "headers", "body", "body_sha256"]
    assert (request["method"], request["url"]) == ("POST", f"{depot.url}/bookings")
    assert request["headers"]["content-type"] == "application/json"
    assert request["body"] == {**body, "to": {"name": "[redacted]", "street": "[redacted]"}}
    true_body = json.dumps(body, separators=(",", ":")).encode()
    assert request["body_sha256"] == hashlib.sha256(true_body).hexdigest()


def test_plan_names_what_would_be_held(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(2, "UNMAPPED")]

    as_json = json.loads(crossdock("plan", "--json").stdout)
    text = crossdock("plan").stdout

    assert as_json == {
        "effects": [],
        "held": [{"pipeline": "parcels", "key": "P2", "code": "unmapped", "fix": "add a shelf for UNMAPPED"}],
    }
    assert "would be held: parcel P2 has no shelf (unmapped)" in text
    assert "1 read by parcels: 0 changes planned, 1 to be held" in text


def test_plan_text_shows_requests_without_persons(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1), make_parcel(2)]

    result = crossdock("plan", "--limit", "1")

    assert f"POST {depot.url}/bookings" in result.stdout
    assert "sha256 " in result.stdout
    assert "1 change planned" in result.stdout
    assert "Zzyzx" not in result.output


def test_plan_makes_no_store_and_sends_nothing(crossdock, definition, depot, make_parcel, tmp_path):
    depot.parcels = [make_parcel(1)]
    before = snapshot(tmp_path)

    crossdock("plan")

    assert snapshot(tmp_path) == before
    assert depot.bookings == []


def test_plan_leaves_a_store_as_it_was_even_where_it_needs_a_token(
    crossdock, sealed, depot, make_parcel, key_file, tmp_path
):
    depot.parcels = [make_parcel(1)]
    crossdock("secrets", "set", "gate", input="s3cr3t-of-the-depot")
    before = snapshot(tmp_path)

    result = crossdock("plan")

    assert "1 change planned" in result.stdout
    assert snapshot(tmp_path) == before


def test_run_sends_the_bodies_that_the_plan_named(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1), make_parcel(2)]
    planned = json.loads(crossdock("plan", "--json").stdout)["effects"]

    crossdock("run")

    stories = [json.loads(crossdock("deliveries", "show", str(number), "--json").stdout) for number in (1, 2)]
    sent = {story["key"]: story["effects"][0]["requests"][0]["body_sha256"] for story in stories}
    assert sent == {effect["key"]: effect["requests"][0]["body_sha256"] for effect in planned}


def test_plan_fails_with_the_reason_where_credentials_are_refused(crossdock, definition):
    definition.write_text(definition.read_text().replace("s3cr3t-of-the-depot", "another"))

    result = crossdock("plan")

    assert result.exit_code == 3
    assert result.stderr.startswith("the depot refuses the key\n  fix: ")
