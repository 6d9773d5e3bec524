from __future__ import annotations

import json
from urllib.request import urlopen


def test_first_hour_works_when_only_the_page_is_followed(session, blocks_of):
    session.follow(blocks_of("docs/first-hour.md"))

    with urlopen(f"{session.env['CARTONCLOUD_URL']}/_sim/facts") as answer:
        facts = json.load(answer)
    assert [fact["count"] for fact in facts] == [1] * 5


def test_first_hour_marks_every_command_but_those_that_set_up(blocks_of):
    unmarked = [block for block in blocks_of("docs/first-hour.md") if block.language == "sh" and not block.words]

    assert len(unmarked) == 1, "only the clone and `make demo` are not executed here"
    assert "make demo" in unmarked[0].text
