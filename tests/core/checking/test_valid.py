from __future__ import annotations

import re
from pathlib import Path

import pytest

from crossdock.checking import check
from crossdock.registry import Registry

VALID = sorted((Path(__file__).parent / "valid").glob("*.yaml"))
EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*/crossdock.yaml"))


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_file_gives_no_finding(path, registry, env, secrets):
    checked = check(path, registry=registry, env=env, secrets=secrets)

    assert [str(fault) for fault in checked.faults] == []
    assert checked.assembly is not None
    assert checked.ok


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_gives_no_finding_with_the_installed_plugins(path):
    names = re.findall(r"\$\{env:(\w+)\}", path.read_text())
    env = {name: "http://127.0.0.1:8080" if name.endswith("URL") else "demo" for name in names}

    checked = check(path, registry=Registry(), env=env)

    assert [str(fault) for fault in checked.faults] == []
    assert checked.assembly is not None


REAL = """
version: 1
connections:
  walmart_us:
    use: walmart
    marke: us
    auth: {use: walmart.client_credentials, client_id: a, client_secret: "${secret:walmart_us}"}
  acme_3pl:
    use: wms_cartoncloud
    tenant: acme
    auth: {use: walmart.client_credentials, client_id: a, client_secret: "${secret:acme_3pl}"}
pipelines:
  orders:
    from: {use: walmart.order, connection: walmart_us}
    to: {use: wms_cartoncloud.sale_orders, connection: acme_3pl, map: [{use: wms_cartoncloud.sale_orders}]}
  again:
    from: {use: walmart.orders, connection: acme_3pl, since: 2026-11-01}
    to: {use: wms_cartoncloud.sale_orders, connection: acme_3pl}
"""


def test_faults_of_a_definition_are_found_with_the_installed_plugins(check_text):
    checked = check_text(REAL, registry=Registry())

    assert [(fault.line, fault.column, fault.code) for fault in checked.faults] == [
        (6, 5, "unknown_key"),
        (10, 13, "bad_value"),
        (11, 17, "auth_of_other_plugin"),
        (14, 17, "unknown_component"),
        (15, 78, "wrong_kind"),
        (17, 45, "connection_of_other_plugin"),
        (17, 62, "bad_value"),
        (18, 15, "missing_mapping"),
    ]
