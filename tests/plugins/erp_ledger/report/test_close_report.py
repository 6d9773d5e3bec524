"""The close report over real runs: a marketplace, a store, books in a folder, and what happened behind their back."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import anyio
import pytest
from click.testing import CliRunner, Result

from crossdock.checking import load
from crossdock.cli.main import cli
from crossdock.clock import ManualClock
from crossdock.engine import Runtime
from crossdock.observe import logs
from crossdock.registry import Registry
from crossdock.simulator import VirtualClock
from crossdock.store.open import open_store
from crossdock_walmart.simulator import WalmartSimulator

NEW_YORK = ZoneInfo("America/New_York")
DEFINITION = """\
version: 1
store: {store}
connections:
  walmart_us:
    use: walmart
    market: us
    base_url: "{url}"
    quotas: off
    read_only: true
    auth: {{use: walmart.client_credentials, client_id: tester, client_secret: "not-a-secret"}}
  books:
    use: erp_ledger.books
    folder: books
    book: Acme Trading
    timezone: America/New_York
    accounts:
      Assets:Clearing: USD
      Assets:Bank: USD
      Income:Sales: USD
      Income:Shipping: USD
      Expenses:Returns: USD
      Expenses:Commission: USD
pipelines:
  sales:
    from: {{use: walmart.orders, connection: walmart_us, since: 2026-09-20T00:00:00-04:00}}
    to: &books
      use: erp_ledger.books_entries
      connection: books
      map:
        - use: erp_ledger.journal
          timezone: America/New_York
          clearing: {{us: Assets:Clearing}}
          categories: {{"MUG-*": known}}
          rules:
            - {{match: {{event: sale, category: known}}, account: Income:Sales}}
            - {{match: {{event: shipping}}, account: Income:Shipping}}
            - {{match: {{event: excess}}, account: Expenses:Returns}}
            - {{match: {{event: commission}}, account: Expenses:Commission}}
            - {{match: {{event: payout}}, account: Assets:Bank}}
  returns:
    from: {{use: walmart.returns, connection: walmart_us, since: 2026-09-20T00:00:00-04:00}}
    to: *books
  settlements:
    from: {{use: walmart.settlements, connection: walmart_us, since: 2026-09-20}}
    to: *books
"""


class SharedClock(VirtualClock):
    """A simulator's clock that goes with the world's."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()


class World:
    """A marketplace, a definition, a store and books, on one clock."""

    def __init__(self, folder: Path, walmart: WalmartSimulator, clock: ManualClock, url: str, store: str) -> None:
        self.folder, self.walmart, self.clock = folder, walmart, clock
        self.file = folder / "crossdock.yaml"
        self.file.write_text(DEFINITION.format(url=url, store=store))

    def at(self, day: int, hour: int = 12, month: int = 10) -> World:
        """Let time go on until then, in the books' zone."""
        until = datetime(2026, month, day, hour, tzinfo=NEW_YORK)
        self.clock.advance((until - self.clock.now()).total_seconds())
        return self

    def sell(self, sku: str = "MUG-01", count: int = 1) -> list[str]:
        """Orders that leave an hour later."""
        asked = {"count": count, "lines": [{"line_number": "1", "sku": sku, "quantity": 2}]}
        ids = self.walmart.control("orders", asked)["ids"]
        self.clock.advance(3600)
        for order in ids:
            self.walmart.control("ship", {"purchase_order_id": order})
        return ids

    def spoil(self, order: str) -> None:
        """Take the SKU from an order, so that nobody can make anything of it."""
        state = self.walmart.control("state")["orders"]
        (lines,) = [one["orderLines"]["orderLine"] for one in state if one["purchaseOrderId"] == order]
        for line in lines:
            line["item"]["sku"] = ""
        self.walmart.control("change", {"purchase_order_id": order, "order": {"orderLines": {"orderLine": lines}}})

    def refund(self, order: str) -> None:
        """One unit comes back and is paid back."""
        asked = {"purchase_order_id": order, "lines": [{"line": "1", "quantity": 1}], "refund": "issued"}
        self.walmart.control("returns", asked)

    def run(self, *pipelines: str) -> None:
        """Run some pipelines, or all."""

        async def work() -> None:
            assembly = load(self.file, registry=Registry())
            url = assembly.store
            async with (
                open_store(url, clock=self.clock, folder=self.folder) as store,
                Runtime.open(assembly, store, clock=self.clock) as runtime,
            ):
                await runtime.run(pipelines, wait_s=5)

        anyio.run(work)

    def close(self, through: str) -> None:
        """Close the books."""
        text = self.file.read_text()
        self.file.write_text(text.replace("    folder: books\n", f"    folder: books\n    closed_through: {through}\n"))

    def edit(self, order: str, change: Callable[[str], str]) -> None:
        """Change the text of a sale in the books, as a person with an editor does."""
        file = self.folder / "books" / "2026-10.beancount"
        blocks = file.read_text().rstrip("\n").split("\n\n")
        (place,) = [number for number, one in enumerate(blocks) if f'idem: "wmt:us:{order}:sale:v1"' in one]
        blocks[place] = change(blocks[place])
        file.write_text("\n\n".join(one for one in blocks if one) + "\n")

    def report(self, *more: str) -> Result:
        """The command, as a person types it."""
        return CliRunner().invoke(cli, ["-c", str(self.file), "ledger", "close-report", "--period", "2026-10", *more])


@pytest.fixture
def store() -> str:
    return "sqlite:crossdock.db"


@pytest.fixture
def world(tmp_path: Path, store: str) -> Iterator[World]:
    clock = ManualClock(datetime(2026, 10, 1, 13, tzinfo=UTC))
    walmart = WalmartSimulator(seed=1)
    walmart.clock = SharedClock(clock)
    walmart.begin()
    walmart.control("settings", {"quotas": "off"})
    with walmart.running() as url:
        yield World(tmp_path, walmart, clock, url, store)
    logs.configure(level="warning")


@pytest.fixture
def october(world: World) -> tuple[World, list[str]]:
    """Eight orders, a refund and a settlement, posted while they happened, and read once more in November."""
    sold = world.at(3).sell(count=4)
    world.run()
    world.at(12).refund(sold[0])
    world.walmart.control("settlements", {})
    world.run()
    sold += world.at(20).sell(count=4)
    world.run()
    return world, sold


def cents(block: str) -> str:
    """Ten cents more on both sides of a sale."""
    for account, more in (("Income:Sales", "-0.10"), ("Assets:Clearing", "0.10")):
        amount = re.search(rf"^  {account}  (\S+) USD", block, re.MULTILINE)
        assert amount is not None
        block = block.replace(f"{account}  {amount[1]} USD", f"{account}  {Decimal(amount[1]) + Decimal(more)} USD")
    return block


def test_clean_month_is_ready_and_exits_with_0(october: tuple[World, list[str]]) -> None:
    world, _ = october
    world.at(2, month=11).run()

    found = world.report()

    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("READY  books 2026-10 (America/New_York)\n")


def test_month_with_eight_planted_differences_names_exactly_those_and_exits_with_1(
    october: tuple[World, list[str]], tmp_path: Path
) -> None:
    world, sold = october
    missing, double, wrong_cents, wrong_period, settled, returned = sold[1:7]
    (unmapped,) = world.at(25).sell("LAMP-7")
    (failed,) = world.sell()
    world.spoil(failed)
    fee = {"type": "Sale", "amount_type": "Product Price", "amount": "-1.00", "purchase_order_id": settled}
    world.at(29).walmart.control("settlements", {"fees": [fee]})
    world.run()
    world.at(31, 20).refund(returned)
    world.close("2026-10-31")
    world.at(2, month=11).run()
    world.edit(missing, lambda block: "")
    world.edit(double, lambda block: f"{block}\n\n{block}")
    world.edit(wrong_cents, cents)
    world.edit(wrong_period, lambda block: re.sub(r"^2026-10-20", "2026-11-03", block, flags=re.MULTILINE))

    found = world.report("--json", "--csv", str(tmp_path / "october.csv"), "--html", str(tmp_path / "october.html"))

    told = json.loads(found.stdout)
    assert sorted((one["kind"], one["about"]) for one in told["findings"]) == sorted(
        [
            ("not_in_ledger", missing),
            ("twice_in_ledger", double),
            ("ledger_differs", wrong_cents),
            ("wrong_period", wrong_period),
            ("settlement_differs", settled),
            ("unmapped", unmapped),
            ("failed", failed),
            ("late", returned),
        ]
    )
    assert (found.exit_code, told["verdict"], len(told["reasons"])) == (1, "BLOCKED", 8)
    rows = list(csv.DictReader((tmp_path / "october.csv").read_text().splitlines()))
    assert sorted({row["what"] for row in rows} - {"day"}) == sorted({one["kind"] for one in told["findings"]})
    page = (tmp_path / "october.html").read_text()
    assert all(one["about"] in page for one in told["findings"])


def test_reconcile_compares_orders_with_what_the_books_hold_of_them(october: tuple[World, list[str]]) -> None:
    world, sold = october
    world.at(2, month=11).run()
    asked = ["-c", str(world.file), "reconcile", "--from", "2026-10-01", "--to", "2026-11-01", "--json"]
    clean = CliRunner().invoke(cli, asked)
    world.edit(sold[1], lambda block: "")
    world.edit(sold[2], cents)

    found = CliRunner().invoke(cli, asked)

    routes = {one["pipeline"]: one for one in json.loads(clean.stdout)["routes"]}
    assert clean.exit_code == 0, clean.output
    assert {one["code"] for one in routes["sales"]["differences"]} == set()
    assert routes["sales"]["source"]["money"] == routes["sales"]["there"]["money"]
    assert {one["code"] for one in routes["settlements"]["differences"]} <= {"matched", "nets_to_nothing"}
    (sales,) = [one for one in json.loads(found.stdout)["routes"] if one["pipeline"] == "sales"]
    assert sorted((one["key"], one["code"]) for one in sales["differences"]) == sorted(
        [(sold[1], "not_there"), (sold[2], "differs_there")]
    )
    assert found.exit_code == 1


def test_month_that_is_not_over_or_not_read_to_its_end_is_blocked(october: tuple[World, list[str]]) -> None:
    world, _ = october

    found = world.report()
    accepted = world.report("--accept", "not_read")

    assert found.exit_code == 1
    assert found.stdout.startswith("BLOCKED(not_read 3)")
    assert "once the month is over, `crossdock run sales`" in found.stdout
    assert accepted.exit_code == 0


def test_report_changes_nothing(october: tuple[World, list[str]]) -> None:
    world, _ = october
    files = {file: file.read_bytes() for file in sorted((world.folder / "books").rglob("*")) if file.is_file()}
    before = len(world.walmart.control("state")["requests"])

    world.report()

    assert {file: file.read_bytes() for file in files} == files
    assert len(world.walmart.control("state")["requests"]) == before


def test_ledger_that_nothing_posts_into_is_no_ready_one(world: World) -> None:
    text = world.file.read_text()
    other = "  spare: {use: erp_ledger.books, folder: spare, book: Spare, timezone: UTC, accounts: {Assets:A: USD}}\n"
    world.file.write_text(text.replace("pipelines:\n", f"{other}pipelines:\n", 1))

    several, spare = world.report(), world.report("--ledger", "spare")

    assert (several.exit_code, spare.exit_code) == (2, 2)
    assert "the file has 2 ledgers" in several.stderr
    assert "no pipeline posts into spare" in spare.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--period", "2026-13"], "month must be in 1..12"),
        (["--period", "October"], '"2026-10"'),
        (["--period", "2026-10", "--ledger", "walmart_us"], "there is no ledger 'walmart_us'"),
        (["--period", "2026-10", "--csv", "/nowhere/at/all.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(world: World, arguments: list[str], told: str) -> None:
    found = CliRunner().invoke(cli, ["-c", str(world.file), "ledger", "close-report", *arguments])

    assert found.exit_code == 2, found.output
    assert told in found.stderr


class TestOnPostgres:
    """The same, with the store on a server."""

    @pytest.fixture
    def store(self, postgres_url: str) -> str:
        return f'"{postgres_url}"'

    def test_clean_month_is_ready(self, october: tuple[World, list[str]]) -> None:
        world, _ = october
        world.at(2, month=11).run()

        assert world.report().exit_code == 0
