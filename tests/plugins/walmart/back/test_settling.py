from __future__ import annotations

from datetime import timedelta

import pytest

from crossdock_walmart.acknowledgements import AcknowledgementSink
from crossdock_walmart.shipments import ShipmentSink


@pytest.mark.parametrize("sink", [AcknowledgementSink(), ShipmentSink()], ids=lambda sink: sink.name)
@pytest.mark.parametrize(("settings", "settled_s"), [({}, 40), ({"timeout": "2s", "read_lag": "3s"}, 5)])
def test_absence_counts_after_the_deadline_and_what_reading_lags_behind(kit, sink, settings, settled_s):
    sink.bind(kit.connection(**settings), None)

    assert sink.settles_after == timedelta(seconds=settled_s)
