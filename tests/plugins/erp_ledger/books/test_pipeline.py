"""From a marketplace to books: whole runs, what they hold, and what ends that."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import anyio
import pytest

from crossdock.checking import load
from crossdock.clock import ManualClock
from crossdock.engine import Runtime
from crossdock.engine.binding import Binder
from crossdock.engine.examining import Examiner
from crossdock.http import Request
from crossdock.registry import Registry
from crossdock.simulator import VirtualClock
from crossdock.store.open import open_store
from crossdock.store.rows import State
from crossdock_walmart.simulator import WalmartSimulator
from ledger_books import bean_check

DEFINITION = """\
version: 1
store: sqlite:crossdock.db
connections:
  walmart_us:
    use: walmart
    market: us
    base_url: "${env:WALMART_URL}"
    auth: {use: walmart.client_credentials, client_id: tester, client_secret: "${env:WALMART_SECRET}"}
  books:
    use: erp_ledger.books
    folder: books
    book: Acme Trading
    timezone: America/New_York
    accounts:
      Assets:Walmart:US:Clearing: USD
      Income:Sales: USD
      Income:Shipping: USD
pipelines:
  revenue:
    from: {use: walmart.orders, connection: walmart_us, since: 2026-10-01T00:00:00-07:00}
    recheck: 10s
    to:
      use: erp_ledger.books_entries
      connection: books
      map:
        - use: erp_ledger.journal
          timezone: America/New_York
          clearing: {us: "Assets:Walmart:US:Clearing"}
          rules:
            - {match: {event: shipping}, account: "Income:Shipping"}
            - {account: "Income:Sales"}
"""


class SharedClock(VirtualClock):
    """A simulator's clock that goes with the world's."""

    def __init__(self, clock):
        super().__init__()
        self._clock = clock

    def now(self):
        return self._pinned or self._clock.now() + self._offset


class World:
    """A marketplace, a definition, a store and books, on one clock. Each run opens file and store anew."""

    def __init__(self, folder, url, walmart, clock):
        self.folder, self.file, self.books = folder, folder / "crossdock.yaml", folder / "books"
        self.file.write_text(DEFINITION)
        self.walmart, self.clock, self.registry = walmart, clock, Registry()
        self.env = {"WALMART_URL": url, "WALMART_SECRET": "not-a-secret"}

    def edit(self, old, new):
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))

    def place(self, count=3):
        return self.walmart.control("orders", {"count": count})["ids"]

    def load(self):
        return load(self.file, registry=self.registry, env=self.env)

    def store(self):
        return open_store("sqlite:crossdock.db", clock=self.clock, folder=self.folder)

    def run(self):
        """Run a while later; where the pipeline stands then."""

        async def work():
            async with self.store() as store, Runtime.open(self.load(), store, clock=self.clock) as runtime:
                return await runtime.run(wait_s=5)

        self.clock.advance(20)
        result = anyio.run(work)
        return {state.value: count for state, count in result.pipelines[0].status.counts.items() if count}

    def held(self):
        async def work():
            async with self.store() as store:
                return [(one.code, one.fix) for one in await store.deliveries(states=[State.HELD])]

        return anyio.run(work)

    def examined(self):
        async def work():
            checks = self.registry.load("erp_ledger").checks()
            async with Binder(self.load(), self.clock, None) as binder:
                return await Examiner(self.load(), binder, [check() for check in checks]).examine()

        return {(one.check, one.finding.verdict) for one in anyio.run(work) if one.subject == "books"}

    def entries(self):
        return self.ask("GET", "/entries")["entries"]

    def ask(self, method, path, **body):
        connection = self.load().connections["books"]
        return connection.handle(Request(method, f"http://localhost{path}", **body)).json()


@pytest.fixture
def world(tmp_path):
    clock = ManualClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    walmart = WalmartSimulator(seed=1)
    walmart.clock = SharedClock(clock)
    walmart.begin()
    with walmart.running() as url:
        yield World(tmp_path, url, walmart, clock)


def test_orders_become_entries_that_beancount_accepts(world):
    orders = world.place(12)

    assert world.run() == {"delivered": 12}
    assert world.run() == {"delivered": 12}

    assert sorted(one["entry"]["reference"] for one in world.entries()) == sorted(orders)
    assert len({one["batch"] for one in world.entries()}) == 1
    assert bean_check(world.books) == ""


def test_run_does_not_depend_on_where_it_was_started(world, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    world.place(1)

    assert world.run() == {"delivered": 1}
    assert (world.folder / "books" / "main.beancount").is_file()


def test_totals_of_a_day_are_one_entry(world):
    world.edit(
        "timezone: America/New_York\n          clearing",
        "timezone: America/New_York\n          per: day\n          clearing",
    )
    world.place(5)

    assert world.run() == {"delivered": 5}
    assert len(world.entries()) == 1
    assert len(world.entries()[0]["members"]) == 5
    assert bean_check(world.books) == ""


def test_answer_that_is_lost_after_the_entries_were_written_doubles_nothing(world, monkeypatch):
    from crossdock_erp_ledger.books.desk import Desk

    answer, losses = Desk.answer, []

    def lose(self, request):
        told = answer(self, request)
        if request.method == "POST" and len(losses) < 2:
            losses.append(request)
            raise OSError(5, "Input/output error")
        return told

    monkeypatch.setattr(Desk, "answer", lose)
    orders = world.place(6)

    for _ in range(8):
        told = world.run()
        world.clock.advance(60)

    assert told == {"delivered": 6}
    assert losses
    assert sorted(one["entry"]["reference"] for one in world.entries()) == sorted(orders)


@pytest.mark.parametrize("per", ["order", "day"])
def test_store_that_knows_nothing_finds_in_the_books_what_is_there(world, per):
    world.edit("America/New_York\n          clearing", f"America/New_York\n          per: {per}\n          clearing")
    (order, *_) = world.place(4)
    world.run()
    entries = world.entries()
    (world.folder / "crossdock.db").unlink()

    assert world.run() == {"delivered": 4}
    assert world.entries() == entries

    world.place(1)  # and another one of the same day
    assert world.run() == {"delivered": 5}
    world.walmart.control("cancel", {"purchase_order_id": order})
    world.run()
    assert len(world.entries()) == len(entries) + 2
    assert bean_check(world.books) == ""


def test_cancellation_is_posted_to_the_accounts_of_the_sale(world):
    (order,) = world.place(1)
    world.run()
    world.edit('- {account: "Income:Sales"}', '- {account: "Income:Other"}')
    world.edit("Income:Sales: USD", "Income:Sales: USD\n      Income:Other: USD")
    world.walmart.control("cancel", {"purchase_order_id": order})

    world.run()

    accounts = {row["account"] for one in world.entries() for row in one["entry"]["lines"]}
    assert len(world.entries()) == 2
    assert "Income:Other" not in accounts
    assert bean_check(world.books) == ""


def test_doctor_tells_that_all_is_well_and_what_is_not(world):
    world.place(1)
    world.run()

    assert {verdict for _, verdict in world.examined()} == {"pass"}
    (world.books / "2026-11.beancount").write_bytes(b"")
    world.edit("      Income:Shipping: USD\n", "")
    assert {("books_whole", "fail"), ("books_accounts", "fail"), ("books_writable", "pass")} <= world.examined()


# ---------------------------------------------------------------------------------------------------- what is held


def hold(world, code):
    """The delivery is held as that, with advice."""
    assert world.run() == {"held": 1}
    ((told, fix),) = world.held()
    assert told == code
    assert fix


def test_period_that_is_closed_holds_until_it_is_opened(world):
    world.edit(
        "timezone: America/New_York\n    accounts",
        "timezone: America/New_York\n    closed_through: 2026-11-30\n    accounts",
    )
    world.edit(
        "timezone: America/New_York\n          clearing",
        "timezone: America/New_York\n          closed_period: hold\n          clearing",
    )
    world.place(1)
    hold(world, "period_closed")

    world.edit("    closed_through: 2026-11-30\n", "")

    assert world.run() == {"delivered": 1}
    assert len(world.entries()) == 1


def test_account_that_is_not_declared_holds_until_it_is(world):
    world.edit("      Income:Sales: USD\n", "")
    world.place(1)
    hold(world, "account_not_usable")

    world.edit("    accounts:\n", "    accounts:\n      Income:Sales: USD\n")

    assert world.run() == {"delivered": 1}
    assert len(world.entries()) == 1


def test_books_that_somebody_changed_hold_until_they_are_as_they_were(world):
    world.place(1)
    world.run()
    file = world.books / "2026-11.beancount"
    kept = file.read_bytes()
    file.write_bytes(kept[:-10])
    world.place(1)
    assert world.run() == {"delivered": 1, "held": 1}
    assert world.held()[0][0] == "books_changed"

    file.write_bytes(kept)

    assert world.run() == {"delivered": 2}
    assert len(world.entries()) == 2


def test_books_of_somebody_else_hold_until_the_folder_is_named(world):
    world.place(1)
    world.run()
    head = world.books / ".crossdock" / "head.json"
    kept = head.read_bytes()
    head.write_bytes(kept.replace(b"Acme Trading", b"Somebody"))
    world.place(1)
    assert world.run() == {"delivered": 1, "held": 1}
    assert world.held()[0][0] == "other_books"

    head.write_bytes(kept)

    assert world.run() == {"delivered": 2}


def test_another_entry_of_the_name_holds_until_it_is_gone(world):
    world.place(1)
    world.run()
    shutil.copytree(world.books, world.folder / "backup")
    order = "108900000000077"
    lines = [{"account": "Income:Sales", "amount": {"amount": amount, "currency": "USD"}} for amount in ("1", "-1")]
    entry = {"key": f"wmt:us:{order}:sale:v1", "date": "2026-11-20", "description": "By hand", "lines": lines}
    world.ask("POST", "/entries", json={"batch": "X", "entries": [{"entry": entry, "members": [entry["key"]]}]})
    world.walmart.control("orders", {"purchase_order_id": order})
    assert world.run() == {"delivered": 1, "held": 1}
    assert world.held()[0][0] == "entry_differs"

    shutil.rmtree(world.books)
    shutil.copytree(world.folder / "backup", world.books)

    assert world.run() == {"delivered": 2}
    assert [one["entry"]["reference"] for one in world.entries()][1:] == [order]
