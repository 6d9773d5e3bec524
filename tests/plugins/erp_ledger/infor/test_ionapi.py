"""Files of every shape are read, or refused with the sentence that helps; what they hold is never shown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ionapi_files import CLOUD, NO_ACCOUNT, ON_PREMISES, SCOPED, SECRETS, WEB, written

from crossdock import ConfigError
from crossdock_erp_ledger.infor.ionapi import IonApiFile, join


def refusal(text, **settings):
    with pytest.raises(ConfigError) as refused:
        IonApiFile.parse(text, **settings)
    assert refused.value.code == "bad_ionapi"
    shown = f"{refused.value!r} {refused.value.fix} {refused.value.facts}"
    assert [secret for secret in SECRETS if secret in shown] == []
    return refused.value


def test_file_of_a_cloud_tenant_is_read():
    file = IonApiFile.parse(written(CLOUD))

    assert (file.tenant, file.app, file.version, file.gateway) == (
        "ACME_TST",
        "crossdock",
        "1.0",
        "https://mingle-ionapi.example.test",
    )
    assert file.token_url == "https://mingle-sso.example.test:443/ACME_TST/as/token.oauth2"
    assert file.revoke_url == "https://mingle-sso.example.test:443/ACME_TST/as/revoke_token.oauth2"
    assert file.authorize_url == "https://mingle-sso.example.test:443/ACME_TST/as/authorization.oauth2"
    assert file.service_account() == (f"ACME_TST#{SECRETS[1]}", SECRETS[2])
    assert file.scopes == ()


def test_file_of_an_own_installation_keeps_its_ports():
    file = IonApiFile.parse(written(ON_PREMISES))

    assert file.gateway == "https://ion.example.test:7443"
    assert file.token_url == "https://ion.example.test/InforIntSTS/connect/token"


@pytest.mark.parametrize("scopes", [["Infor-FSM", "Infor-ION"], "Infor-FSM Infor-ION", ["Infor-FSM", " Infor-ION "]])
def test_file_of_version_1_1_bears_scopes(scopes):
    assert IonApiFile.parse(written(SCOPED, sc=scopes)).scopes == ("Infor-FSM", "Infor-ION")


@pytest.mark.parametrize(
    ("pu", "ot"),
    [
        ("https://sso.example.test/T/as/", "token.oauth2"),
        ("https://sso.example.test/T/as", "token.oauth2"),
        ("https://sso.example.test/T/as/", "/token.oauth2"),
        ("https://sso.example.test/T/as", "/token.oauth2"),
        (" https://sso.example.test/T/as// ", "token.oauth2"),
    ],
)
def test_hand_edited_slashes_make_no_difference(pu, ot):
    file = IonApiFile.parse(written(CLOUD, pu=pu, ot=ot, iu="https://gateway.example.test/"))

    assert file.token_url == "https://sso.example.test/T/as/token.oauth2"
    assert file.gateway == "https://gateway.example.test"


@given(
    base=st.from_regex(r"https://h\.test(/[a-z]{1,3}){0,2}/{0,3}", fullmatch=True),
    path=st.from_regex(r"/{0,2}[a-z]{1,5}", fullmatch=True),
)
def test_join_puts_exactly_one_slash_between(base, path):
    joined = join(base, path)

    assert "//" not in joined.removeprefix("https://")
    assert joined.endswith("/" + path.lstrip("/"))


def test_byte_order_mark_and_blank_lines_are_skipped():
    assert IonApiFile.parse("\ufeff\n" + written(CLOUD) + "\r\n").tenant == "ACME_TST"


@pytest.mark.parametrize("key", ["ti", "ci", "cs", "iu", "pu", "ot"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_missing_fields_are_named(key, value):
    error = refusal(written(CLOUD, **{key: value}))

    assert str(error) == f"the .ionapi file has no `{key}`"


def test_all_missing_fields_are_named_at_once():
    assert str(refusal("{}")) == "the .ionapi file has no `ti`, `ci`, `cs`, `iu`, `pu`, `ot`"


@pytest.mark.parametrize("length", [1, 40, 200])
def test_truncated_file_is_told_as_such(length):
    assert "cut off" in str(refusal(written(CLOUD)[:length]))


@pytest.mark.parametrize("text", ["", "no json", "[1]", '"text"', "null"])
def test_other_text_is_refused(text):
    assert "JSON" in str(refusal(text))


@pytest.mark.parametrize(("key", "value"), [("cs", 12), ("ti", ["ACME"]), ("saak", {"a": 1}), ("v", 1.0), ("sc", 7)])
def test_values_of_wrong_types_are_refused_by_name(key, value):
    assert f"`{key}` of the .ionapi file is no" in str(refusal(written(SCOPED, **{key: value})))


@pytest.mark.parametrize(("there", "gone"), [("saak", "sask"), ("sask", "saak")])
def test_half_a_service_account_is_refused(there, gone):
    error = refusal(written(CLOUD, **{gone: None}))

    assert f"`{there}` and no `{gone}`" in str(error)
    assert "Create Service Account" in error.fix


def test_file_without_a_service_account_says_what_to_tick():
    file = IonApiFile.parse(written(NO_ACCOUNT))

    with pytest.raises(ConfigError, match=r"no service account in this \.ionapi file") as refused:
        file.service_account()

    assert "Create Service Account" in refused.value.fix
    assert "erp_ledger.client_credentials" in refused.value.fix


def test_file_of_a_web_app_says_that_it_wants_a_user():
    with pytest.raises(ConfigError, match="web or mobile app"):
        IonApiFile.parse(written(WEB)).service_account()


def test_access_key_without_its_tenant_gets_it_back():
    file = IonApiFile.parse(written(CLOUD, saak=SECRETS[1]))

    assert file.service_account()[0] == f"ACME_TST#{SECRETS[1]}"


@pytest.mark.parametrize("key", ["iu", "pu"])
def test_plain_http_goes_to_named_hosts_and_this_machine_only(key):
    lab = written(CLOUD, **{key: "http://ion.lab.example.test:8080/x"})

    assert "plain http" in str(refusal(lab))
    for hosts in (["ion.lab.example.test"], ["ION.lab.example.test:8080"]):
        assert IonApiFile.parse(lab, plain_http_hosts=hosts).tenant == "ACME_TST"
    assert IonApiFile.parse(written(CLOUD, **{key: "http://127.0.0.1:9/x"})).tenant == "ACME_TST"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h.test", "h.test", "https://", "https://u:p@h.test", "https://h.test?a=1", "https://h test",
        "https://h.test:x", "https://[::1",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url):
    assert "`iu` of the .ionapi file is no" in str(refusal(written(CLOUD, iu=url)))


@pytest.mark.parametrize("key", ["ot", "oa", "or"])
def test_hosts_come_from_the_authority_alone(key):
    assert "whole address" in str(refusal(written(CLOUD, **{key: "https://elsewhere.example.test/token"})))


@pytest.mark.parametrize("tenant", ["a/b", "../x", "a b", "a?b"])
def test_tenant_is_one_word(tenant):
    assert "no tenant" in str(refusal(written(CLOUD, ti=tenant)))


def test_file_shows_nothing_but_tenant_name_addresses_and_version():
    file = IonApiFile.parse(written(CLOUD, zz="unknown-of-nobody"))

    shown = f"{file!r} {file} {file.fingerprint}"
    assert file.more == {"zz": "unknown-of-nobody"}
    for word in (*SECRETS, "ci-of-nobody", "unknown-of-nobody", "U147858101"):
        assert word not in shown
    for word in ("ACME_TST", "crossdock", "mingle-ionapi", "mingle-sso", "1.0"):
        assert word in shown


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_any_value_is_read_or_refused_by_name(value):
    for key in CLOUD:
        said = read_or_refused(json.dumps({**CLOUD, key: value}))

        assert said is None or f"`{key}`" in said or key in ("saak", "sask")


def read_or_refused(text):
    try:
        IonApiFile.parse(text)
    except ConfigError as error:
        return str(error)
    return None
