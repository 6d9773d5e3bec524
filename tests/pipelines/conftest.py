"""Whole definitions as an operator runs them: the real program in its own process, simulators as witnesses."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from crossdock_walmart.simulator import WalmartSimulator
from crossdock_wms_cartoncloud.simulator import CartonCloudSimulator

PATIENCE_S = 60
TENANT = "8f0c7a52-3c1d-4f7e-9a55-0d6f5b1c2e90"

DEFINITION = """\
version: 1
store: sqlite:crossdock.db
connections:
  walmart_us:
    use: walmart
    market: us
    base_url: "${env:WALMART_URL}"
    quotas: off
    timeout: 1s
    auth: {use: walmart.client_credentials, client_id: tester, client_secret: "${env:SHARED_SECRET}"}
  acme_3pl:
    use: wms_cartoncloud
    tenant: 8f0c7a52-3c1d-4f7e-9a55-0d6f5b1c2e90
    base_url: "${env:CARTONCLOUD_URL}"
    quotas: off
    timeout: 1s
    read_lag: 1s
    auth: {use: wms_cartoncloud.client_credentials, client_id: tester, client_secret: "${env:SHARED_SECRET}"}
pipelines:
  orders:
    customer: acme
    from: {use: walmart.orders, connection: walmart_us, since: 2026-11-01T00:00:00-08:00}
    every: 5m
    to:
      use: wms_cartoncloud.sale_orders
      connection: acme_3pl
      max_in_flight: 3 # so that eight orders need several transactions
      map:
        - use: wms_cartoncloud.sale_order
          customer: Acme Trading
          default_warehouse: Sydney DC
"""

LOOP = (
    DEFINITION.replace("    every: 5m\n", "    every: 5m\n    recheck: 1s\n").replace(
        "timeout: 1s\n", "timeout: 1s\n    read_lag: 1s\n", 1
    )
    + """\
  acknowledge:
    from: {use: wms_cartoncloud.sale_order_statuses, connection: acme_3pl, customer: Acme Trading}
    every: 5m
    recheck: 1s
    to: {use: walmart.acknowledgements, connection: walmart_us, max_in_flight: 3}
  tracking:
    from: {use: wms_cartoncloud.dispatches, connection: acme_3pl, customer: Acme Trading}
    every: 5m
    recheck: 1s
    to: {use: walmart.shipments, connection: walmart_us, max_in_flight: 3, map: [{use: walmart.shipment}]}
"""
)
"""Orders in, acknowledgements and tracking back."""


class Site:
    """A folder with a definition, two simulated services, and the program that works between them."""

    def __init__(
        self,
        folder: Path,
        walmart: WalmartSimulator,
        cartoncloud: CartonCloudSimulator,
        urls,
        definition: str,
        store: str,
    ) -> None:
        self.folder = folder
        self.walmart = walmart
        self.cartoncloud = cartoncloud
        self.boundaries = folder / "boundaries"
        self.boundaries.mkdir()
        self.env = {
            **os.environ,
            "WALMART_URL": urls[0],
            "CARTONCLOUD_URL": urls[1],
            "SHARED_SECRET": "not-a-secret",
            "CROSSDOCK_STORE": store,
        }
        (folder / "crossdock.yaml").write_text(definition)

    def start(
        self, *arguments: str, hold_at: str = "", sabotage: str = "", file_size_limit: int | None = None
    ) -> subprocess.Popen[str]:
        """Start a command; `hold_at` is "NAME#N"; no file of the process may grow beyond `file_size_limit` bytes."""
        watch = f"{self.boundaries}:{hold_at}" if hold_at else str(self.boundaries)
        env = {**self.env, "CROSSDOCK_BOUNDARY": watch, "CROSSDOCK_SABOTAGE": sabotage, "PYTHONFAULTHANDLER": "1"}
        command = [sys.executable, "-m", "crossdock", "--log-level", "error", *arguments]
        if file_size_limit is not None:  # the shell counts blocks of 512 bytes
            command = ["sh", "-c", f'ulimit -f {file_size_limit // 512}; exec "$@"', "sh", *command]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, stdin: str = "", **options) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        process = self.start(*arguments, **options)
        try:
            out, err = process.communicate(stdin, timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # with the fault handler on: it says where it stood
            out, err = process.communicate()
            pytest.fail(f"{arguments} did not end: {err[-3000:]}\n{self.run('deliveries', '--limit', '40').stdout}")
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def kill_at(self, boundary: str, *pipelines: str, **options: str) -> None:
        """Start a run, of all pipelines if none is named, wait until it is held at the boundary, and kill it."""
        process = self.start("run", *pipelines, "--wait", "6s", hold_at=boundary, **options)
        held = self.boundaries / f"{boundary.partition('#')[0]}.held"
        self.wait_for(held.exists, process, boundary)
        self.kill(process)
        held.unlink()

    def kill(self, process: subprocess.Popen[str]) -> None:
        """SIGKILL: no handler, no flush, no farewell."""
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def freeze_at(self, boundary: str, *pipelines: str, **options: str) -> subprocess.Popen[str]:
        """Start a run and wait until it stopped itself at the boundary, as SIGSTOP does."""
        process = self.start("run", *pipelines, "--wait", "6s", hold_at=f"{boundary}:stop", **options)
        status = Path(f"/proc/{process.pid}/stat")
        self.wait_for(lambda: status.read_text().rpartition(")")[2].split()[0] == "T", process, boundary)
        return process

    def wait_for(self, condition, process: subprocess.Popen[str], what: str) -> None:
        """Wait until it holds; fail where the process ends before."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if process.poll() is not None:
                pytest.fail(f"the run ended before {what}: {process.communicate()[1][-800:]}")
            if time.monotonic() > deadline:
                self.kill(process)
                pytest.fail(f"{what} was never reached")
            time.sleep(0.01)

    def place(self, count: int, **options) -> list[str]:
        """Place orders in the marketplace."""
        return self.walmart.control("orders", {"count": count, **options})["ids"]

    def created(self) -> Counter[str]:
        """How often each order was created in the warehouse."""
        facts = self.cartoncloud.control("facts")
        return Counter({fact["key"]: fact["count"] for fact in facts if fact["kind"] == "sale_order"})

    def told(self, kind: str) -> dict[str, list[int]]:
        """For each order what of a kind the marketplace was told: how often each different thing."""
        told: dict[str, list[int]] = {}
        for fact in self.walmart.control("facts"):
            if fact["kind"] == kind:
                told.setdefault(fact["key"], []).append(fact["count"])
        return told

    def shipped(self, order: str) -> dict[tuple[str, str], int]:
        """How much of each SKU the marketplace shows under each tracking number."""
        wire = next(one for one in self.walmart.control("state")["orders"] if one["purchaseOrderId"] == order)
        shown: Counter[tuple[str, str]] = Counter()
        for line in wire["orderLines"]["orderLine"]:
            for part in line["orderLineStatuses"]["orderLineStatus"]:
                if part["status"] == "Shipped":
                    number = part["trackingInfo"]["trackingNumber"]
                    shown[number, line["item"]["sku"]] += int(part["statusQuantity"]["amount"])
        return dict(shown)

    def dispatch(self, order: str, number: str, customer: str = "Acme Trading", **tracking) -> None:
        """Dispatch an order in one parcel."""
        tracking = {"carrier": "UPS", "number": number, **tracking}
        self.track(order, tracking, status="DISPATCHED", customer=customer)

    def track(self, order: str, tracking: dict, customer: str = "Acme Trading", **options) -> None:
        """Enter tracking, as staff does."""
        self.cartoncloud.control(f"orders/{order}", {"tracking": tracking, "customer": customer, **options})

    def enter(self, reference: str, lines: list[dict], customer: str = "Acme Trading") -> str:
        """Enter an order in the warehouse as a person does, without crossdock; its id."""
        items = [
            {"details": {"product": {"references": {"code": one["sku"]}}}, "measures": {"quantity": one["quantity"]}}
            for one in lines
        ]
        address = {"companyName": "Sample Buyer", "address1": "1 Sample St", "city": "Austin"}
        body = {
            "references": {"customer": reference},
            "customer": {"name": customer},
            "details": {"deliver": {"address": {**address, "country": {"iso2Code": "US"}}}},
            "items": items,
        }
        base, version = self.env["CARTONCLOUD_URL"], {"Accept-Version": "1"}
        token = _post(f"{base}/uaa/oauth/token", b"grant_type=client_credentials", {**version, **_BASIC})
        bearer = {"Authorization": f"Bearer {token['access_token']}", **version}
        return _post(f"{base}/tenants/{TENANT}/outbound-orders", body, bearer)["id"]

    def ship_by_hand(self, order: str, number: str) -> None:
        """Acknowledge an order and mark it shipped in the marketplace as a person does, without crossdock."""
        base, named = self.env["WALMART_URL"], {"WM_SVC.NAME": "a person", "WM_QOS.CORRELATION_ID": "by-hand"}
        token = _post(f"{base}/v3/token", b"grant_type=client_credentials", {**named, **_BASIC})
        signed = {"WM_SEC.ACCESS_TOKEN": token["access_token"], **named}
        wire = _post(f"{base}/v3/orders/{order}/acknowledge", {}, signed)["order"]
        tracking = {
            "shipDateTime": int(time.time() * 1000),
            "carrierName": {"carrier": "UPS"},
            "methodCode": "Standard",
            "trackingNumber": number,
        }
        lines = [
            {
                "lineNumber": line["lineNumber"],
                "intentToCancelOverride": False,
                "orderLineStatuses": {
                    "orderLineStatus": [
                        {
                            "status": "Shipped",
                            "statusQuantity": line["orderLineQuantity"],
                            "trackingInfo": tracking,
                        }
                    ]
                },
            }
            for line in wire["orderLines"]["orderLine"]
        ]
        body = {"orderShipment": {"orderLines": {"orderLine": lines}}}
        _post(f"{base}/v3/orders/{order}/shipping", body, signed)

    def hits(self) -> Counter[str]:
        """How often each boundary was reached, over all runs."""
        return Counter({file.name: file.stat().st_size for file in self.boundaries.iterdir() if file.suffix != ".held"})


_BASIC = {
    "Authorization": f"Basic {base64.b64encode(b'a-person:not-a-secret').decode()}",
    "Content-Type": "application/x-www-form-urlencoded",
}


def _post(url: str, body: dict | bytes, headers: dict[str, str]) -> dict:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", "Accept": "application/json", **headers}
    with urllib.request.urlopen(urllib.request.Request(url, data=content, headers=sent)) as answer:
        return json.loads(answer.read())


@contextmanager
def open_site(folder: Path, definition: str, store: str = "") -> Iterator[Site]:
    with ExitStack() as stack:
        walmart, cartoncloud = WalmartSimulator(seed=1), CartonCloudSimulator(seed=2)
        urls = [stack.enter_context(one.running()) for one in (walmart, cartoncloud)]
        for one in (walmart, cartoncloud):
            one.control("settings", {"quotas": "off"})
        yield Site(folder, walmart, cartoncloud, urls, definition, store)


@pytest.fixture
def site(tmp_path):
    with open_site(tmp_path, DEFINITION) as opened:
        yield opened


@pytest.fixture
def shared(tmp_path, postgres_url):
    """A site whose store lies on a PostgreSQL server, so that several processes may share it."""
    definition = LOOP.replace("store: sqlite:crossdock.db", 'store: "${env:CROSSDOCK_STORE}"')
    with open_site(tmp_path, definition, postgres_url) as opened:
        yield opened


@pytest.fixture
def loop(tmp_path):
    """A site whose definition goes the whole way and back."""
    with open_site(tmp_path, LOOP) as opened:
        yield opened


def pytest_terminal_summary(terminalreporter):
    """Print how often each boundary was reached, whoever of the workers ran the tests."""
    total: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            total.update(dict(value for name, value in getattr(report, "user_properties", ()) if name == "boundary"))
    if total:
        terminalreporter.write_sep("-", "boundaries reached in killed and surviving runs")
        for name, count in sorted(total.items()):
            terminalreporter.write_line(f"{name:28} {count}")
