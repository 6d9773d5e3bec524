"""The plugin's simulator obeys the control plane that scenarios and the demo use."""

# ruff: noqa: S101  (a suite consists of assertions)
from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx

from crossdock.testing.conformance.base import Part, pytest, the_simulator
from crossdock.testing.conformance.subject import BASE_URL, way_to


class SimulatorTests(Part):
    """State, settings, clock, faults, reset."""

    @pytest.mark.anyio  # type: ignore[untyped-decorator,unused-ignore]
    async def test_simulator_is_offered_by_the_plugin(self) -> None:
        """`crossdock simulate` finds it, under a name."""
        simulator = the_simulator(self.subject)
        assert type(simulator) in self.subject.load().simulators()
        assert simulator.name == simulator.name.lower()
        assert simulator.name

    @pytest.mark.anyio  # type: ignore[untyped-decorator,unused-ignore]
    async def test_simulator_shows_state_and_facts(self) -> None:
        """What exists, what was asked, and what was done."""
        async with self._control() as http:
            state = (await http.get("/_sim/state")).json()
            facts = (await http.get("/_sim/facts")).json()
        assert {"requests", "events", "now"} <= set(state)
        assert isinstance(facts, list)

    @pytest.mark.anyio  # type: ignore[untyped-decorator,unused-ignore]
    async def test_simulator_notes_requests_and_forgets_them_at_a_reset(self) -> None:
        """A scenario counts what was asked of it."""
        async with self._control() as http:
            await http.get("/no/such/path")
            noted = (await http.get("/_sim/state")).json()["requests"]
            await http.post("/_sim/reset", json={})
            after = (await http.get("/_sim/state")).json()["requests"]
        assert [request["path"] for request in noted] == ["/no/such/path"]
        assert after == []

    @pytest.mark.anyio  # type: ignore[untyped-decorator,unused-ignore]
    async def test_simulator_moves_its_clock_ahead(self) -> None:
        """A test need not wait for what takes days."""
        async with self._control() as http:
            before = _now((await http.get("/_sim/state")).json())
            await http.post("/_sim/clock", json={"advance_s": 86_400})
            after = _now((await http.get("/_sim/state")).json())
            backwards = await http.post("/_sim/clock", json={"advance_s": -1})
        assert timedelta(days=1) <= after - before < timedelta(days=1, minutes=5)
        assert backwards.status_code == 400

    @pytest.mark.anyio  # type: ignore[untyped-decorator,unused-ignore]
    async def test_simulator_fails_as_ordered(self) -> None:
        """As often as it was told, then no more."""
        async with self._control() as http:
            await http.post("/_sim/faults", json={"status": 503, "times": 2})
            statuses = [(await http.get("/no/such/path")).status_code for _ in range(3)]
        assert statuses[:2] == [503, 503]
        assert statuses[2] != 503

    @pytest.mark.anyio  # type: ignore[untyped-decorator,unused-ignore]
    async def test_simulator_refuses_what_it_does_not_know(self) -> None:
        """A misspelt setting in a scenario must not look as if it worked."""
        async with self._control() as http:
            verb = await http.post("/_sim/no-such-verb", json={})
            setting = await http.post("/_sim/settings", json={"no_such_setting": 1})
            fault = await http.post("/_sim/faults", json={"no_such_fault": 1})
            unauthorised = await http.get("/")
        assert (verb.status_code, setting.status_code, fault.status_code) == (404, 400, 400)
        assert 400 <= unauthorised.status_code < 500

    @asynccontextmanager
    async def _control(self) -> AsyncIterator[httpx.AsyncClient]:
        transport = way_to(the_simulator(self.subject))()
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as http:
            yield http


def _now(state: Any) -> datetime:
    return datetime.fromisoformat(state["now"])
