from __future__ import annotations

import json

import yaml

from crossdock.checking import check
from crossdock.registry import Registry

FRAME = """\
version: 1
connections:
  shop:
    use: walmart
    auth: {use: walmart.client_credentials, client_id: a, client_secret: "${env:SECRET}"}
  east: &tenant
    use: wms_cartoncloud
    tenant: 8f0c7a52-1b2c-4d3e-8f90-a1b2c3d4e5f6
    auth: {use: wms_cartoncloud.client_credentials, client_id: a, client_secret: "${env:SECRET}"}
  west: *tenant
pipelines:
  orders:
    from: {use: walmart.orders, connection: shop, since: 2026-11-01T00:00:00Z}
"""


def test_editor_page_works_when_it_is_followed(session, blocks_of):
    session.follow(blocks_of("docs/editor.md"))

    schema = json.loads((session.folder / "crossdock.schema.json").read_text())
    assert schema["properties"]["pipelines"]
    first = next(block for block in blocks_of("docs/editor.md") if "$schema" in block.text)
    assert (session.folder / "crossdock.yaml").read_text().startswith(first.text)


def test_expressions_of_the_page_are_accepted_by_check(blocks_of, tmp_path):
    mappers = next(block.text for block in blocks_of("docs/editor.md") if block.text.startswith("map:"))
    routes = next(block.text for block in blocks_of("docs/editor.md") if block.text.startswith("to:"))
    path = tmp_path / "crossdock.yaml"
    path.write_text(FRAME + "".join(f"    {line}\n" for line in routes.splitlines()))
    whole = check(path, registry=Registry(), env={"SECRET": "s"})
    to = {"use": "wms_cartoncloud.sale_orders", "connection": "east", **yaml.safe_load(mappers)}
    to["map"].append({"use": "wms_cartoncloud.sale_order", "customer": "Acme Trading"})
    path.write_text(FRAME + f"    to: {json.dumps(to)}\n")
    single = check(path, registry=Registry(), env={"SECRET": "s"})

    assert [str(fault) for fault in whole.faults] == []
    assert [fault.code for fault in single.faults] == ["unused_connection"]
