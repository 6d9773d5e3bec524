from __future__ import annotations


def test_go_live_works_when_only_the_page_is_followed(session, blocks_of):
    session.follow(blocks_of("docs/go-live.md"))

    assert (session.folder / "crossdock.db").exists()
