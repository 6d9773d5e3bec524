"""A backup that was taken amid a run and is put back much later: what it does not know is neither lost nor doubled."""

from __future__ import annotations

import json
import shutil
import sqlite3

import pytest

CREATE = {"method": "POST", "path": "/tenants/*/outbound-orders"}


@pytest.fixture
def loop(loop):
    """The whole loop with a warehouse that takes duplicates, and a definition that says that it refuses them.

    So nothing is looked for before it is sent, but for the restore. (`duplicates: probe` always looks.)
    """
    loop.cartoncloud.control("settings", {"quotas": "off", "duplicates": "allow", "read_lag_s": 0.4})
    written = (loop.folder / "crossdock.yaml").read_text()
    begin, end = "    read_lag: 1s\n", "    auth: {use: wms"
    assert begin + end in written
    (loop.folder / "crossdock.yaml").write_text(written.replace(begin + end, f"{begin}    duplicates: reject\n{end}"))
    return loop


def let_it_be_seen(site):
    site.cartoncloud.control("clock", {"advance_s": 2})


def finish(site):
    for _ in range(8):
        let_it_be_seen(site)
        done = site.run("run", "--wait", "5s", "--json")
        assert done.returncode == 0, done.stderr
        pipelines = json.loads(done.stdout)["pipelines"]
        if not any(one[state] for one in pipelines for state in ("pending", "attempted", "waiting")):
            return
    pytest.fail(f"it never settled: {pipelines}")


def moved(site):
    """The same definition in a new folder, against the same services."""
    folder = site.folder / "new"
    folder.mkdir()
    urls = site.env["WALMART_URL"], site.env["CARTONCLOUD_URL"]
    definition = (site.folder / "crossdock.yaml").read_text()
    return type(site)(folder, site.walmart, site.cartoncloud, urls, definition, "sqlite:crossdock.db")


def back_up_amid_a_run(site, backup):
    """Copy the store while orders are being created; the run goes on to its end."""
    site.cartoncloud.control("faults", {**CREATE, "delay_s": 0.8, "times": 12})
    process = site.start("run", "orders", "--wait", "5s")
    site.wait_for(lambda: len(site.created()) > 1, process, "an effect whose answer is on its way")
    copied = site.run("backup", str(backup))
    assert copied.returncode == 0, copied.stderr
    assert process.poll() is None, "the run ended before the backup"
    process.communicate()
    assert process.returncode == 0


def test_backup_that_was_taken_amid_a_run_is_put_back_elsewhere_and_nothing_is_lost_or_doubled(loop):
    early = loop.place(12)
    backup = loop.folder / "amid.db"
    back_up_amid_a_run(loop, backup)
    late = loop.place(3)
    finish(loop)  # all of it is made and acknowledged, and the backup knows little of that
    for order in (early[0], late[0]):
        loop.dispatch(order, f"1Z{order}")
    finish(loop)
    assert loop.told("shipped") == {early[0]: [1], late[0]: [1]}

    site = moved(loop)
    restored = site.run("restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    newest = site.place(2)
    finish(site)
    for order in (early[1], late[1], newest[0]):
        site.dispatch(order, f"1Z{order}")
    finish(site)

    assert site.created() == dict.fromkeys([*early, *late, *newest], 1)
    assert site.told("acknowledged") == {order: [1] for order in [*early, *late, *newest]}
    assert site.told("shipped") == {order: [1] for order in (early[0], late[0], early[1], late[1], newest[0])}
    assert site.run("audit", "verify").returncode == 0
    check_trace(site, early[1])


def check_trace(site, order):
    """One story, from any of its names, across all three pipelines, and each effect with what it came from."""
    bought = next(one for one in site.walmart.control("state")["orders"] if one["purchaseOrderId"] == order)
    made = next(
        one for one in site.cartoncloud.control("state")["sale_orders"] if one["references"]["customer"] == order
    )
    sent = next(one for one in site.cartoncloud.control("state")["consignments"] if f"1Z{order}" in json.dumps(one))
    names = [order, bought["customerOrderId"], made["id"], made["references"]["numericId"], f"1Z{order}", sent["id"]]
    stories = [json.loads(site.run("trace", str(name), "--json").stdout) for name in names]

    assert {story["key"] for story in stories} == {order}
    for story in stories:
        done = {event["pipeline"] for event in story["events"] if event["kind"] in ("effect.done", "effect.adopted")}
        read = {event["pipeline"] for event in story["events"] if event["kind"] == "record.read"}
        assert read == {"orders", "acknowledge", "tracking"}
        assert done >= {"orders", "tracking"}  # that it is acknowledged the restored store found by observing


def test_checker_finds_doubles_where_a_restored_store_does_not_know_that_it_is_one(loop):
    backup = loop.folder / "quiet.db"
    assert loop.run("run", "orders").returncode == 0
    assert loop.run("backup", str(backup)).returncode == 0
    loop.place(3)
    assert loop.run("run", "orders").returncode == 0

    site = moved(loop)
    shutil.copy(backup, site.folder / "crossdock.db")
    with sqlite3.connect(site.folder / "crossdock.db") as connection:
        connection.execute("UPDATE lineage SET taken_at = NULL, mark = NULL")
    let_it_be_seen(site)
    site.run("run", "orders")

    assert max(site.created().values()) > 1
