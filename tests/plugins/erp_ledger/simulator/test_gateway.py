from __future__ import annotations

import pytest

CLIENT = {"client_id": "ACME_TST~id", "client_secret": "s3"}


def test_call_without_a_token_is_refused(client):
    client.token = "nonsense"

    reply = client.list("Currency")

    assert (reply.status, reply.json) == (401, {"error": "Unauthorized"})


def test_token_of_one_tenant_opens_no_other(client):
    client.list("Currency")

    assert client.call("GET", "FSM/fsm/soap/classes/Currency/lists/_generic", tenant="OTHER_TST").status == 401


def test_token_ends_when_its_life_is_over(client, settings):
    settings(token_lifetime_s=600)
    client.list("Currency")
    client.wait(599)
    assert client.list("Currency").status == 200

    client.wait(2)

    assert client.list("Currency").status == 401


def test_any_tenant_has_books_of_its_own(client, entry):
    client.stage(*entry())
    other = client.login(
        {**CLIENT, "grant_type": "password", "username": "OTHER_TST#k", "password": "s"}, "/OTHER_TST/as/token.oauth2"
    )
    client.token = other.json["access_token"]

    reply = client.call("GET", "FSM/fsm/soap/classes/GLTransactionInterface/lists/_generic", tenant="OTHER_TST")

    assert reply.json == [{"_count": 0, "_links": []}]


def test_twenty_first_login_of_a_minute_is_too_many_and_says_nothing_about_when(client):
    assert {client.login().status for _ in range(20)} == {200}

    reply = client.login()

    assert (reply.status, reply.json) == (429, {"error": "Too Many Requests"})
    assert "retry-after" not in reply.headers
    client.wait(60)
    assert client.login().status == 200


def test_failed_logins_count_too(client):
    wrong = {**CLIENT, "grant_type": "password", "username": "OTHER#x", "password": "s"}

    assert {client.login(wrong).status for _ in range(20)} == {400}

    assert client.login().status == 429


def test_hundred_and_first_token_of_a_day_is_too_many_for_one_client_alone(client):
    for _ in range(5):
        assert {client.login().status for _ in range(20)} == {200}
        client.wait(61)

    assert client.login().status == 429

    other = {"client_id": "other", "client_secret": "x", "grant_type": "client_credentials"}
    assert client.login(other).status == 200
    client.wait(86_400)
    assert client.login().status == 200


def test_renewals_are_no_logins_but_count_as_tokens(client, settings):
    settings(refresh_tokens=True, refresh_rotates=False, tokens_per_day=3, logins_per_min=1)
    token = client.login().json["refresh_token"]
    renewal = {**CLIENT, "grant_type": "refresh_token", "refresh_token": token}

    assert [client.login(renewal).status for _ in range(3)] == [200, 200, 429]


def test_refresh_token_is_not_used_up_by_a_renewal_that_is_too_many(client, settings):
    settings(refresh_tokens=True, tokens_per_day=1)
    token = client.login().json["refresh_token"]
    renewal = {**CLIENT, "grant_type": "refresh_token", "refresh_token": token}
    assert client.login(renewal).status == 429

    settings(quotas="off")

    assert client.login(renewal).status == 200


def test_calls_of_a_minute_are_counted_in_a_window_that_the_first_one_opens(client, settings):
    settings(calls_per_min=3)
    assert client.list("Currency").status == 200
    client.wait(50)
    assert [client.list("Currency").status for _ in range(3)] == [200, 200, 429]

    client.wait(10)

    assert client.list("Currency").status == 200


def test_calls_of_a_day_are_counted_as_well(client, settings):
    settings(calls_per_day=2, token_lifetime_s=86_400)
    client.list("Currency")
    client.list("Currency")
    client.wait(3600)

    assert client.list("Currency").status == 429


def test_refused_call_says_when_to_come_again_only_where_the_tenant_does(client, settings):
    settings(calls_per_min=1, retry_after=True)
    client.list("Currency")
    client.wait(20)

    reply = client.list("Currency")

    assert reply.status == 429
    assert 39 <= int(reply.headers["retry-after"]) <= 40


@pytest.mark.parametrize("quotas", ["off", 30])
def test_budgets_can_be_lifted_or_scaled(client, settings, quotas):
    settings(calls_per_min=1, quotas=quotas)

    assert {client.list("Currency").status for _ in range(5)} == {200}


@pytest.mark.parametrize(
    ("form", "media_type"), [("json", "application/json"), ("xml", "application/xml"), ("text", "text/plain")]
)
def test_errors_of_the_gateway_come_in_the_form_that_is_set(client, settings, form, media_type):
    settings(gateway_bodies=form)

    reply = client.call("GET", "FSM/nowhere")

    assert reply.status == 404
    assert reply.headers["content-type"].startswith(media_type)


def test_wrong_method_names_the_right_one(client):
    reply = client.fsm("DELETE", "classes/Currency/lists/_generic")

    assert (reply.status, reply.headers["allow"]) == (405, "GET")


def test_class_that_the_service_account_has_no_role_for_is_forbidden(client, settings, row):
    settings(forbidden=["GLTransactionInterface"])

    assert client.stage(row()).status == 403
    assert client.interface().status == 403
    assert client.list("GLTransactionInterface").status == 403
    assert client.list("Currency").status == 200
