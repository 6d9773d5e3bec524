"""What the YAML says of a tenant, and what its file does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ionapi_files import CLOUD, NO_ACCOUNT, SECRETS, written

from crossdock import ConfigError, CredentialsError, Secret
from crossdock.checking import check
from crossdock.http import Response
from crossdock.http.globs import Globs
from crossdock.registry import Registry
from crossdock.testing import FakeReader
from crossdock_erp_ledger.infor.auth import ClientCredentials, ServiceAccount
from crossdock_erp_ledger.infor.fsm.connection import FsmConnection

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.anyio
YAML = """
version: 1
connections:
  erp:
    use: erp_ledger.infor_fsm
    enterprise_group: 1
    entity: "10"
    timezone: America/New_York
    auth: {{use: erp_ledger.service_account, ionapi: "{ionapi}"}}
{more}
pipelines: {{}}
"""


def connect(text=None, **settings):
    auth = ServiceAccount(ionapi=Secret.literal(text or written(CLOUD)))
    return FsmConnection.model_validate(
        {"auth": auth, "enterprise_group": "1", "entity": "10", "timezone": "America/New_York", **settings}
    )


def test_connection_takes_tenant_and_gateway_from_the_file():
    erp = connect()

    assert (erp.tenant, erp.base_url) == ("ACME_TST", "https://mingle-ionapi.example.test")
    assert erp.identity == "erp_ledger.infor_fsm:mingle-ionapi.example.test:ACME_TST:1"


def test_identity_is_never_of_the_keys():
    renewed = written(CLOUD, ci="ACME_TST~another", cs="new", saak="ACME_TST#new", sask="new")
    default_port = written(CLOUD, iu="https://MINGLE-ionapi.example.test:443/")

    assert {connect(text).identity for text in (None, renewed, default_port)} == {connect().identity}


def test_companies_of_a_tenant_are_accounts_of_their_own_that_share_its_quotas():
    one, other = connect(), connect(enterprise_group="2")

    assert one.identity != other.identity
    assert one.meter == other.meter


def test_stand_in_keeps_the_tenant_of_the_file():
    erp = connect(base_url="http://127.0.0.1:8123/")

    assert (erp.base_url, erp.tenant) == ("http://127.0.0.1:8123", "ACME_TST")


@pytest.mark.parametrize(
    ("request_line", "reads"),
    [
        ("GET /ACME_TST/FSM/fsm/soap/classes/GLTransactionInterface/lists/_generic", True),
        ("GET /ACME_TST/FSM/fsm/soap/classes/GLTransactionInterface/actions/Find", True),
        ("GET /ACME_TST/FSM/fsm/soap/ldrest/GLTransactionInterface/InterfaceTransactions_X_FormOperation", False),
        ("GET /ACME_TST/FSM/fsm/soap/ldrest/GLTransactionInterface/DeleteAllTransactionsForRunGroup_X", False),
        ("POST /ACME_TST/FSM/fsm/soap/classes/GLTransactionInterface/actions/CreateUnreleased/batch", False),
    ],
)
def test_forms_do_not_count_as_reading(request_line, reads):
    method, _, path = request_line.partition(" ")

    assert (Globs(FsmConnection.reads).find(method, path) is not None) is reads


async def test_owner_is_the_tenant_that_lets_us_in():
    erp = connect()
    reader = FakeReader(erp, lambda request: Response(200, json=[{"_count": 0}]))

    assert await erp.owner(reader) == "ACME_TST"
    assert len(reader.requests) == 1


async def test_file_of_another_tenant_is_refused_once_it_takes_the_place_of_ours():
    erp = connect(tenant="OTHER_TST", base_url=CLOUD["iu"])

    with pytest.raises(CredentialsError, match="of tenant ACME_TST, and the account is that of OTHER_TST") as refused:
        await erp.owner(FakeReader(erp))

    assert refused.value.code == "other_account"


async def test_owner_is_not_told_without_a_role():
    erp = connect()

    with pytest.raises(CredentialsError, match="read AccountingEntity"):
        await erp.owner(FakeReader(erp, lambda request: Response(403)))


# -------------------------------------------------------------------------------------------------- in a definition


class Stored:
    """A store that has one secret, and is not unlocked."""

    def names(self):
        return {"acme"}

    def reveal(self, name):
        raise ConfigError("locked", fix="unlock it")


@pytest.fixture
def checked(tmp_path):
    """The accounts of a definition, and its faults."""

    def check_(ionapi, more="", *, file=None):
        if file is not None:
            (tmp_path / "acme.ionapi").write_text(file)
        path = tmp_path / "crossdock.yaml"
        path.write_text(YAML.format(ionapi=ionapi, more=more))
        found = check(path, registry=Registry(), env={}, secrets=Stored())
        erp = None if found.assembly is None else found.assembly.connections.get("erp")
        return erp, [f"{one.message} {one.fix}" for one in found.faults]

    return check_


def test_definition_names_the_file_and_nothing_else(checked):
    erp, faults = checked("${file:acme.ionapi}", file=written(CLOUD))

    assert faults == []
    assert erp.identity == connect().identity


def test_definition_is_refused_with_what_is_wrong_with_the_file(checked):
    _, faults = checked("${file:acme.ionapi}", file=written(NO_ACCOUNT))

    assert len(faults) == 1
    assert "no service account in this .ionapi file" in faults[0]
    assert "Create Service Account" in faults[0]


def test_definition_with_a_stored_secret_says_tenant_and_gateway(checked):
    _, faults = checked("${secret:acme}")
    erp, none = checked("${secret:acme}", f"    tenant: ACME_TST\n    base_url: {CLOUD['iu']}")

    assert ["`tenant` and `base_url`" in fault for fault in faults] == [True]
    assert none == []
    assert erp.identity == connect().identity


def test_plain_http_of_the_file_is_refused_unless_its_host_is_named(checked):
    lab = written(CLOUD, iu="http://ion.lab.example.test")

    _, faults = checked("${file:acme.ionapi}", file=lab)
    erp, none = checked("${file:acme.ionapi}", "    plain_http_hosts: [ion.lab.example.test]", file=lab)

    assert ["plain http" in fault for fault in faults] == [True]
    assert (none, erp.base_url) == ([], "http://ion.lab.example.test")
    assert [secret for secret in SECRETS if secret in str(faults)] == []


def test_flavours_of_signing_in_live_side_by_side():
    app = ClientCredentials(ionapi=Secret.literal(written(NO_ACCOUNT)))
    settings = {"enterprise_group": "1", "entity": "10", "timezone": "UTC"}
    one, other = connect(), FsmConnection.model_validate({"auth": app, **settings})

    grants = [next(erp.auth.token_flow(erp.base_url, None, NOW)).content.decode() for erp in (one, other)]

    assert one.identity == other.identity
    assert ["grant_type=password" in grants[0], "grant_type=client_credentials" in grants[1]] == [True, True]
