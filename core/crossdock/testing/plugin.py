"""The pytest plugin of the kit: `pytest_plugins = ["crossdock.testing.plugin"]` in the top-level conftest.py.

    @pytest.fixture
    def connection(cassette):
        secret = Secret.literal(cassette.given("ACME_SECRET", "s3cret"))
        return AcmeConnection(base_url=cassette.base_url, auth=Keys(client_id=..., client_secret=secret))

    @pytest.mark.anyio
    async def test_orders_are_listed(cassette, connection):
        async with cassette.client(connection) as client:
            ...

replays `cassettes/<test module>/<test name>.yaml` beside the test. `pytest --record --base-url https://…` records it.
Override `cassette_rules` to name more keys that are secret or personal, `cassette_origin` to say what was recorded,
and `remote_url` where a simulator is to be recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from crossdock.testing.extra import needed

if TYPE_CHECKING:
    from crossdock.testing.recorder import Cassette
    from crossdock.testing.rules import Rules

pytest: Any = needed("pytest")
_RECORDED = pytest.StashKey()
_PASSED = pytest.StashKey()


def pytest_addoption(parser: Any) -> None:
    """Add --record, and --base-url unless another plugin has it."""
    group = parser.getgroup("crossdock")
    group.addoption("--record", action="store_true", help="record cassettes anew instead of replaying them")
    try:
        group.addoption("--base-url", default=None, metavar="URL", help="the remote system that --record speaks to")
    except ValueError:
        return  # it is known already, and means the same


def pytest_configure(config: Any) -> None:
    """Say what our marker means. Recording is one account's business, one request after another."""
    config.addinivalue_line("markers", "cassette(name): replay the cassette of that name instead of the test's own")
    config.stash[_RECORDED] = set()
    if config.getoption("--record") and (config.getoption("numprocesses", None) or hasattr(config, "workerinput")):
        raise pytest.UsageError("--record works in one process: leave out -n")


@pytest.hookimpl(wrapper=True)  # type: ignore[untyped-decorator,unused-ignore]
def pytest_runtest_makereport(item: Any, call: Any) -> Any:
    """Remember whether the test passed: what failed is not written."""
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    return report


@pytest.fixture  # type: ignore[untyped-decorator,unused-ignore]
def cassette_rules() -> Rules:
    """Which keys and headers are secret, personal or harmless, beside those the kit knows. Override it."""
    from crossdock.testing.rules import Rules  # here and below: most tests of a project need no cassette

    return Rules()


@pytest.fixture  # type: ignore[untyped-decorator,unused-ignore]
def cassette_path(request: Any) -> Path:
    """Where the cassette of this test lies."""
    marker = request.node.get_closest_marker("cassette")
    name = marker.args[0] if marker else _name(request.node)
    folder: Path = request.path.parent / "cassettes" / request.path.stem
    return folder / f"{name}.yaml"


@pytest.fixture  # type: ignore[untyped-decorator,unused-ignore]
def recording(request: Any, cassette_path: Path) -> bool:
    """Whether this test records: each cassette once in a run, and never one that a person typed."""
    if not request.config.getoption("--record") or cassette_path in request.config.stash[_RECORDED]:
        return False
    from crossdock.testing.tape import heading_of

    heading = heading_of(cassette_path)
    return heading is None or not heading.is_typed


@pytest.fixture  # type: ignore[untyped-decorator,unused-ignore]
def remote_url(request: Any, recording: bool) -> str:
    """The remote system that is recorded; empty while replaying. Override it to start a simulator."""
    url = request.config.getoption("--base-url")
    if recording and not url:
        pytest.fail("say what to record: pytest --record --base-url https://…", pytrace=False)
    return str(url) if recording else ""


@pytest.fixture  # type: ignore[untyped-decorator,unused-ignore]
def cassette_origin(remote_url: str) -> str:
    """What the first line of a recording says after "recorded". Override it to say more than the host's name."""
    return f"against {urlsplit(remote_url).hostname} on {datetime.now(UTC).date()}"


@pytest.fixture  # type: ignore[untyped-decorator,unused-ignore]
def cassette(
    request: Any, cassette_path: Path, cassette_rules: Rules, cassette_origin: str, remote_url: str
) -> Iterator[Cassette]:
    """What went over the wire once: replayed, or recorded with --record."""
    from crossdock.testing.recorder import Cassette

    made = Cassette(cassette_path, rules=cassette_rules, fail=_fail, origin=cassette_origin, base_url=remote_url)
    yield made
    if request.node.stash.get(_PASSED, False):
        made.finish()
        request.config.stash[_RECORDED].add(cassette_path)


def _fail(message: str) -> NoReturn:
    # No Exception: what turns those into outages must let it pass.
    raise pytest.fail.Exception(message, pytrace=False)


def _name(node: Any) -> str:
    """The test's name with its parameters, but for the event loop: all event loops share one cassette."""
    params = getattr(getattr(node, "callspec", None), "params", {})
    told = [str(value) for name, value in params.items() if name != "anyio_backend"]
    return re.sub(r"[^\w.-]+", "-", "-".join([node.originalname or node.name, *told]))
