from __future__ import annotations

import pytest
from pydantic import ValidationError

from crossdock.scenario import Play
from crossdock.scenario.model import Post


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
