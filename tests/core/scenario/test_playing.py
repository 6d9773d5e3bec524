from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from crossdock.errors import CrossdockError
from crossdock.scenario import Play
from crossdock.scenario.model import Command, Post
from crossdock.scenario.time import CommonTime


class Control:
    """A control plane that answers ids and keeps what it was asked."""

    def __init__(self):
        self.asked = []

    async def post(self, path, body):
        self.asked.append((path, body))
        return {"ids": [f"made-{len(self.asked)}"]}


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.mark.anyio
async def test_post_for_each_saved_id_names_it_in_path_and_body(scenario, tmp_path):
    control = Control()
    playing = Play(
        scenario(), tmp_path, print, controls={"depot": control}, saved={"plain": ["1", "2"], "parts": ["3"]}
    )
    body = {"deep": [{"url": "x/{id}"}, 7], "note": "{other}"}

    await playing.post(Post(to="depot", each=["plain", "parts"], path="/_sim/orders/{id}", body=body, save="moved"))

    assert [path for path, _ in control.asked] == ["/_sim/orders/1", "/_sim/orders/2", "/_sim/orders/3"]
    assert control.asked[2][1] == {"deep": [{"url": "x/3"}, 7], "note": "{other}"}
    assert playing.saved["moved"] == ["made-1", "made-2", "made-3"]


def test_scenario_is_refused_where_a_step_is_for_each_of_what_is_saved_later(scenario):
    later = {"post": {"to": "shop", "path": "/_sim/x", "each": ["late"]}}
    saving = {"post": {"to": "shop", "path": "/_sim/x", "save": "late"}}

    with pytest.raises(ValidationError, match="no step before saves late"):
        scenario(later, saving)
    assert scenario(saving, later)


@pytest.mark.parametrize("word", ["not_for", "only_for", "times"])
def test_scenario_is_refused_where_an_expectation_names_what_no_step_saves(scenario, word):
    with pytest.raises(ValidationError, match="no step saves lost"):
        scenario(**{word: {"lost": 2} if word == "times" else ["lost"]})


@pytest.mark.anyio
async def test_time_of_all_sides_begins_where_the_scenario_does_and_goes_by_as_it_says(tmp_path):
    control, file = Clockwork(), tmp_path / "clock"
    time = CommonTime(file, {"depot": control})

    await time.begin(datetime(2026, 10, 28, 9, tzinfo=UTC))
    await time.go_by(86_400)

    began = datetime.now(UTC) + timedelta(seconds=struct.unpack("=d", file.read_bytes())[0])
    assert abs(began - datetime(2026, 10, 29, 9, tzinfo=UTC)) < timedelta(minutes=1)
    assert control.asked == [{"to": "2026-10-28T09:00:00+00:00"}, {"advance_s": 86_400}]


@pytest.mark.anyio
async def test_command_that_does_not_end_as_the_scenario_says_ends_it(scenario, tmp_path):
    (tmp_path / "crossdock.yaml").write_text("version: 2\n")
    told = []
    playing = Play(scenario(), tmp_path, told.append)

    await playing.command(Command(words=["check"], exit=2, show=1))
    with pytest.raises(CrossdockError, match="`crossdock check` ended with 2, not 0"):
        await playing.command(Command(words=["check"]))

    assert len(told) == 1
    assert "crossdock.yaml:1:" in told[0]


class Clockwork(Control):
    """A control plane that is asked for the time only."""

    async def post(self, path, body):
        assert path == "/_sim/clock"
        self.asked.append(body)

    async def get(self, path):
        return {}


@pytest.mark.parametrize(
    "step", [{"run": {"wait": "1s"}, "command": {"words": ["check"]}}, {"only": "demo"}, {"later": "soon"}]
)
def test_scenario_is_refused_where_a_step_does_two_things_or_none(scenario, step):
    with pytest.raises(ValidationError):
        scenario(step)
