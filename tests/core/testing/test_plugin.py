"""The pytest plugin, in a project of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CONFTEST = 'pytest_plugins = ["crossdock.testing.plugin"]\n'
TEST = """
import httpx, pytest

@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param

@pytest.mark.anyio
async def test_items_are_listed(cassette):
    transport = cassette.transport()
    request = httpx.Request("GET", cassette.base_url + "/items")
    answer = await transport.handle_async_request(request)
    await transport.aclose()
    assert answer.status_code == EXPECTED
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_shop=TEST.replace("EXPECTED", "200"))
    return pytester


def run(project: pytest.Pytester, *options: str) -> Any:
    # In a process of its own, as people run it; without this project's settings.
    return project.runpytest_subprocess("-p", "no:cacheprovider", *options)


def cassette(project: pytest.Pytester) -> Path:
    return project.path / "cassettes" / "test_shop" / "test_items_are_listed.yaml"


def test_record_records_once_and_replays_on_the_other_event_loop(project: pytest.Pytester, service: Any) -> None:
    recorded = run(project, "--record", "--base-url", service.url)
    replayed = run(project)

    recorded.assert_outcomes(passed=2)
    replayed.assert_outcomes(passed=2)
    assert service.asked == ["/items"]
    assert cassette(project).read_text().startswith("# recorded against 127.0.0.1 on ")


def test_replay_without_cassette_fails_and_says_how_to_record(project: pytest.Pytester) -> None:
    result = run(project)

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*fix: record it: pytest --record --base-url*"])


def test_record_without_address_fails(project: pytest.Pytester) -> None:
    result = run(project, "--record")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*say what to record*"])


def test_a_failed_test_writes_nothing(project: pytest.Pytester, service: Any) -> None:
    run(project, "--record", "--base-url", service.url).assert_outcomes(passed=2)
    before = cassette(project).read_bytes()
    project.makepyfile(test_shop=TEST.replace("EXPECTED", "404"))

    result = run(project, "--record", "--base-url", service.url)

    result.assert_outcomes(failed=2)
    assert cassette(project).read_bytes() == before


def test_a_typed_cassette_is_never_recorded_over(project: pytest.Pytester, service: Any) -> None:
    run(project, "--record", "--base-url", service.url).assert_outcomes(passed=2)
    typed = "# typed from a page, read 2026-11-02\n" + cassette(project).read_text().partition("\n")[2]
    cassette(project).write_text(typed)
    service.asked.clear()

    run(project, "--record", "--base-url", service.url).assert_outcomes(passed=2)

    assert service.asked == []
    assert cassette(project).read_text() == typed


def test_an_unrecorded_request_fails_the_test_whatever_it_expects(project: pytest.Pytester, service: Any) -> None:
    run(project, "--record", "--base-url", service.url).assert_outcomes(passed=2)
    swallowing = TEST.replace("EXPECTED", "200").replace(
        "    answer = await", "    with __import__('contextlib').suppress(Exception):\n        answer = await"
    )
    project.makepyfile(test_shop=swallowing.replace('"/items"', '"/other"'))

    result = run(project)

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*holds no answer to GET https://recorded.example.test/other*"])


def test_recording_in_several_processes_is_refused(project: pytest.Pytester) -> None:
    result = run(project, "--record", "-n", "2")

    assert result.ret != 0
    result.stderr.fnmatch_lines(["*--record works in one process*"])


def test_without_the_extra_the_error_names_it() -> None:
    script = (
        "import sys; sys.modules['vcr'] = None\n"
        "import crossdock.testing\n"
        "from crossdock.testing.extra import needed\n"
        "needed('vcr')\n"
    )

    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert "pip install 'crossdock[testing]'" in result.stderr


def test_the_kit_is_imported_without_vcrpy_and_pytest() -> None:
    script = "import sys, crossdock.testing\nassert not {'vcr', 'pytest', 'aiohttp', 'httpx'} & set(sys.modules)"

    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert result.stderr == ""
