from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from crossdock.clock import SystemClock
from crossdock.http import Ask, Outage, Rate
from crossdock.store.open import open_store


@pytest.fixture
def troubled(crossdock, definition, depot, make_parcel):
    """A store with one delivery that was booked, one that is held and one that is dead."""
    depot.parcels = [make_parcel(1), make_parcel(2, "UNMAPPED"), make_parcel(3, "BAD")]
    depot.refuse = {"BAD"}
    crossdock("run")
    return definition


def test_status_before_the_first_run_says_so_and_makes_no_store(crossdock, definition, tmp_path):
    result = crossdock("status", "--json")

    [row] = json.loads(result.stdout)["pipelines"]
    assert (result.exit_code, row["reason"], row["read"], row["last_success"]) == (0, "never run", 0, None)
    assert not (tmp_path / "depot.db").exists()


def test_status_tells_counts_and_what_needs_a_person(crossdock, troubled):
    result = crossdock("status")

    assert result.exit_code == 0
    assert "needs a person" in result.stdout
    assert "parcel P2 has no shelf" in result.stdout
    assert "fix: add a shelf for UNMAPPED" in result.stdout
    assert "`crossdock deliveries show 2`" in result.stdout


def test_status_works_where_a_plugin_and_a_variable_are_missing(crossdock, troubled):
    text = (
        troubled.read_text().replace("use: depot\n", "use: gone\n").replace("client_id: me", 'client_id: "${env:NO}"')
    )
    troubled.write_text(text)

    result = crossdock("status", "--json")

    [row] = json.loads(result.stdout)["pipelines"]
    assert (result.exit_code, row["customer"], row["held"], row["dead"]) == (0, "acme", 1, 1)


def test_status_refuses_a_store_that_cannot_be_known(crossdock, definition):
    definition.write_text(definition.read_text().replace("sqlite:depot.db", "${env:NOT_SET}"))

    result = crossdock("status")

    assert result.exit_code == 2
    assert "crossdock.yaml:2:8" in result.stderr


def test_deliveries_lists_the_newest_first_with_reasons(crossdock, troubled):
    listed = json.loads(crossdock("deliveries", "--json").stdout)["deliveries"]

    assert [row["id"] for row in listed] == [3, 2, 1]
    assert list(listed[0]) == [
        "id", "pipeline", "route", "key", "revision", "state", "code",
        "reason", "fix", "attempts", "since", "deadline",
    ]  # fmt: skip
    assert "the depot refuses parcel P3" in crossdock("deliveries").stdout


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (["--state", "held"], ["P2"]),
        (["--state", "held", "--state", "dead"], ["P3", "P2"]),
        (["--key", "P1"], ["P1"]),
        (["--pipeline", "parcels", "--limit", "1"], ["P3"]),
        (["--since", "1h"], ["P3", "P2", "P1"]),
        (["--since", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"], []),
    ],
)
def test_deliveries_filters(crossdock, troubled, filters, keys):
    listed = json.loads(crossdock("deliveries", *filters, "--json").stdout)["deliveries"]

    assert [row["key"] for row in listed] == keys


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pipeline", "parcel"], "fix: write parcels"),
        (["--state", "stuck"], "Invalid value for '--state'"),
        (["--since", "yesterday"], "is no time"),
        (["show", "99"], "there is no delivery 99"),
        (["show", "first"], "Invalid value for 'ID'"),
    ],
)
def test_deliveries_refuses_what_it_does_not_know(crossdock, troubled, arguments, message):
    result = crossdock("deliveries", *arguments)

    assert result.exit_code == 2
    assert message in result.stderr


def test_deliveries_before_the_first_run_are_none(crossdock, definition):
    assert crossdock("deliveries").stdout == "no deliveries\n"
    assert json.loads(crossdock("deliveries", "--json").stdout) == {"deliveries": []}
    assert crossdock("deliveries", "show", "1").exit_code == 2


def test_deliveries_show_tells_the_whole_story_without_persons(crossdock, troubled):
    [row] = json.loads(crossdock("deliveries", "--key", "P3", "--json").stdout)["deliveries"]

    text = crossdock("deliveries", "show", str(row["id"]))
    story = json.loads(crossdock("deliveries", "show", str(row["id"]), "--json").stdout)

    assert "answered 422" in text.stdout
    assert "why: the depot refuses parcel P3 (rejected)" in text.stdout
    assert "fix: ask the depot why" in text.stdout
    assert story["effects"][0]["requests"][0]["answer"] == {"error": "no such thing"}
    assert story["effects"][0]["requests"][0]["body"]["to"] == {"name": "[redacted]", "street": "[redacted]"}
    assert "delivery.dead" in {event["kind"] for event in story["audit"]}
    assert "Zzyzx" not in text.output


def test_status_tells_what_is_left_of_quotas_and_which_connection_is_lost(crossdock, troubled, tmp_path):
    anyio.run(_note_limits, tmp_path)

    told, shown = crossdock("status").stdout, json.loads(crossdock("status", "--json").stdout)

    assert "depot_one: lost for " in told
    assert "0 of 60  60 in 60 s" in told
    assert [(one["connection"], one["reason"]) for one in shown["lost"]] == [("depot_one", "Connection refused")]
    assert [(one["name"], one["left"]) for one in shown["quotas"] if one["account"] == "depot:9"] == [("POST /a", 0)]


async def _note_limits(folder):
    now = SystemClock().now()
    async with open_store("sqlite:depot.db", clock=SystemClock(), folder=folder) as store:
        await store.lost(Outage("depot:9", "depot_one", now, now + timedelta(seconds=2), 0, "Connection refused"))
        # At a time to come, so that nothing refills before it is looked at.
        await store.rent("depot:9", Rate("POST /a", 60), Ask(3), now + timedelta(minutes=1))
