from __future__ import annotations

import pytest

SEQUENCE = "GLTransactionInterface.SequenceNumber"
GROUP = "GLTransactionInterface.RunGroup"
RESET = "ldrest/GLTransactionInterface/ResetAllErrors_ResetAllErrorsForm_FormOperation"


def outcome(result):
    return tuple(result[name] for name in ("Status", "RecordCount", "PassedCount", "FailedCount"))


def messages(client):
    return {one[SEQUENCE]: one["ErrorMessage"] for one in client.staged()}


def test_run_answers_at_once_and_posts_a_second_later(client, entry, posted):
    client.stage(*entry())

    reply = client.interface()

    assert (reply.status, reply.json) == (200, [{"message": "Interface Transactions request submitted"}])
    assert client.result() is None
    assert (len(client.staged()), client.ledger(), posted()) == (2, [], {})
    client.wait(1)
    assert outcome(client.result()) == ("1", "2", "2", "0")
    assert posted() == {"wmt:us:1:sale:v1": 1}


def test_posted_rows_leave_staging_and_bear_a_journal_in_the_ledger(client, entry):
    client.stage(*entry(Reference="PO 1"))
    client.interface()
    client.wait()

    assert client.staged() == []
    first, second = client.ledger()
    assert (first["Journal"], first["JournalStatus"], first["Reference"]) == ("100001", "Posted", "PO 1")
    assert (second["Journal"], second["TransactionAmount"]) == ("100001", "-10.00")


def test_same_run_group_posts_again_when_it_is_staged_again(client, entry, posted):
    for _ in range(2):
        client.stage(*entry())
        client.interface()
        client.wait()

    assert posted() == {"wmt:us:1:sale:v1": 2}
    assert len(client.ledger()) == 4


def test_second_run_over_posted_rows_finds_none_and_is_complete_with_nothing(client, entry, posted):
    client.stage(*entry())
    client.interface()
    client.interface()
    client.wait()

    assert outcome(client.result()) == ("1", "0", "0", "0")
    assert posted() == {"wmt:us:1:sale:v1": 1}


def test_entry_that_is_staged_twice_under_other_numbers_counts_twice(client, entry, posted):
    client.stage(*entry(first=1), *entry(first=3))
    client.interface()
    client.wait()

    assert posted() == {"wmt:us:1:sale:v1": 2}


def test_lines_that_are_alike_within_one_entry_count_once(client, row, posted):
    client.stage(row(1, "20.00"), row(2, "-10.00", account="40100"), row(3, "-10.00", account="40100"))
    client.interface()
    client.wait()

    assert posted() == {"wmt:us:1:sale:v1": 1}


def test_starts_of_a_run_are_counted(client, simulator, entry):
    client.stage(*entry())
    client.interface()
    client.interface()

    assert [(fact.key, fact.count) for fact in simulator.journal.facts("interface_run")] == [("XD1", 2)]


def test_run_takes_the_rows_that_were_staged_when_it_began(client, entry):
    client.stage(*entry())
    client.interface()
    client.stage(*entry(first=3))
    client.wait()

    assert outcome(client.result()) == ("1", "2", "2", "0")
    assert [one[SEQUENCE] for one in client.staged()] == ["3", "4"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"account": "49999"}, "Account 49999 is not valid"),
        ({"AccountingUnit": "WMT-XX"}, "Accounting Unit WMT-XX is not valid"),
        ({"AccountingUnit": "WMT-CA"}, "Accounting Unit WMT-CA is not valid"),
        ({"FinanceDimension1": "AMAZON"}, "Finance Dimension 1 AMAZON is not valid"),
        ({"CurrencyCode": "XXX"}, "Currency XXX is not valid"),
        ({"System": "ZZ"}, "System ZZ is not valid"),
        ({"TransactionAmount": "10.001"}, "Transaction Amount 10.001 has too many decimals for USD"),
    ],
)
def test_row_that_the_books_do_not_take_is_told_on_the_row_and_nothing_is_posted(client, row, posted, changes, message):
    client.stage(row(1), row(2, **{"amount": "-10.00", "account": "40100", **changes}))
    client.interface()
    client.wait()

    assert outcome(client.result()) == ("2", "2", "0", "1")
    assert messages(client) == {"1": "", "2": message}
    assert posted() == {}


def test_unknown_entity_and_enterprise_are_not_valid(client, row):
    client.stage(row(1, AccountingEntity="99"), row(2, FinanceEnterpriseGroup="7"))
    client.interface()
    client.wait()

    assert messages(client) == {
        "1": "Accounting Entity 99 is not valid",
        "2": "Finance Enterprise Group 7 is not valid",
    }


def test_account_that_was_deactivated_is_not_active_until_it_is_again(client, simulator, entry, posted):
    simulator.control("accounts", {"accounts": [{"account": "40100", "active": False}]})
    client.stage(*entry())
    client.interface()
    client.wait()
    assert messages(client) == {"1": "", "2": "Account 40100 is not active"}

    simulator.control("accounts", {"accounts": [{"account": "40100"}]})
    client.fsm("GET", RESET, {"PrmRunGroup": "XD1", "_cmAll": "true"})
    client.interface()
    client.wait()

    assert posted() == {"wmt:us:1:sale:v1": 1}


def test_row_in_error_blocks_its_entity_until_it_is_reset(client, simulator, row, posted):
    client.stage(row(1), row(2, "-10.00", account="49999"))
    client.interface()
    client.wait()
    simulator.control("accounts", {"accounts": [{"account": "49999"}]})

    client.interface()
    client.wait()

    assert outcome(client.result()) == ("2", "2", "0", "1")
    assert posted() == {}


def test_closed_period_is_told_in_the_real_words(client, simulator, entry):
    simulator.control("periods", {"period": "2026-03", "open": False})
    client.stage(*entry(PostingDate="20260302"))
    client.interface()
    client.wait()

    assert set(messages(client).values()) == {"No period found for Posting Date March 2, 2026"}


def test_days_can_be_closed_for_one_entity_and_opened_again(client, simulator, entry, posted):
    days = {"first": "2026-03-01", "last": "2026-03-15"}
    simulator.control("periods", {**days, "open": False, "entity": "10"})
    client.stage(*entry(PostingDate="20260302"), *entry(group="XD2", PostingDate="20260316"))
    client.interface("XD1")
    client.interface("XD2")
    client.wait()
    assert (client.result("XD1")["Status"], client.result("XD2")["Status"]) == ("2", "1")

    simulator.control("periods", {**days, "open": True})
    client.fsm("GET", RESET, {"PrmRunGroup": "XD1"})
    client.interface("XD1")
    client.wait()

    assert posted() == {"wmt:us:1:sale:v1": 2}


def test_day_outside_the_calendar_has_no_period(client, entry):
    client.stage(*entry(PostingDate="19990101"))
    client.interface()
    client.wait()

    assert messages(client)["1"] == "No period found for Posting Date January 1, 1999"


def test_rows_out_of_balance_are_all_refused(client, row):
    client.stage(row(1, "10.00"), row(2, "-9.99", account="40100"))
    client.interface()
    client.wait()

    assert set(messages(client).values()) == {"Run group XD1 entity 10 is out of balance by 0.01 USD"}
    assert outcome(client.result()) == ("2", "2", "0", "2")


def test_each_currency_balances_by_itself(client, row):
    client.stage(row(1, "10.00"), row(2, "-10.00", CurrencyCode="CAD"))
    client.interface()
    client.wait()

    assert "out of balance by 10.00" in messages(client)["1"]


def test_entity_without_fault_is_posted_beside_one_that_has_some(client, row, posted):
    other = {"AccountingEntity": "20", "CurrencyCode": "CAD", "OriginatingTransaction.BusinessObjectKey": "ca"}
    good = [row(1, **other), row(2, "-10.00", account="40100", **other)]
    client.stage(*good, row(3), row(4, "-10.00", account="49999"))
    client.interface()
    client.wait()

    assert posted() == {"ca": 1}
    assert sorted(messages(client)) == ["3", "4"]
    assert outcome(client.result()) == ("2", "4", "2", "1")


def test_partial_update_posts_what_is_good_and_balances(client, entry, row, posted):
    client.stage(*entry(), row(3, account="49999"))
    client.interface(PrmPartialUpdate="true")
    client.wait()

    assert posted() == {"wmt:us:1:sale:v1": 1}
    assert messages(client) == {"3": "Account 49999 is not valid"}


def test_partial_update_moves_bad_rows_to_a_new_run_group(client, entry, row):
    client.stage(*entry(), row(3, account="49999"))
    client.interface(PrmPartialUpdate="true", PrmMoveErrorsToNewRunGroup="true", PrmErrorRunGroupPrefix="ERR")
    client.wait()

    assert [(one[GROUP], one[SEQUENCE]) for one in client.staged()] == [("ERRXD1", "3")]


def test_edit_only_marks_and_posts_nothing(client, entry, row, posted):
    client.stage(*entry(), row(3, account="49999"))
    client.interface(PrmEditOnly="true", PrmEditAndInterface="false")
    client.wait()

    assert posted() == {}
    assert messages(client)["3"] == "Account 49999 is not valid"


def test_journals_are_split_by_their_code_when_asked(client, entry):
    client.stage(*entry(JournalCode="A"), *entry(first=3, JournalCode="B"))
    client.interface(PrmJournalByJournalCode="true")
    client.wait()

    assert [one["Journal"] for one in client.ledger()] == ["100001", "100001", "100002", "100002"]


def test_run_can_be_limited_to_an_entity(client, entry):
    client.stage(*entry(), *entry(first=3, AccountingEntity="20", CurrencyCode="CAD"))
    client.interface(PrmAccountingEntity="20")
    client.wait()

    assert [one[SEQUENCE] for one in client.staged()] == ["1", "2"]


@pytest.mark.parametrize(
    "switches",
    [
        {"PrmEditOnly": "True"},
        {"PrmEditOnly": "true"},
        {"PrmMoveErrorsToNewRunGroup": "true"},
        {"BypassAccountCode": "true"},
        {"PrmRunGroup": ""},
        {"PrmEnterpriseGroup": ""},
    ],
)
def test_run_with_switches_that_are_not_right_does_not_begin(client, simulator, switches):
    assert client.interface(**switches).status == 400
    assert simulator.control("state")["running"] == []


def test_call_is_answered_504_when_it_outlives_the_gateway_and_the_run_goes_on(client, settings, entry, posted):
    settings(start_s=61, interface_s=300)
    client.stage(*entry())

    reply = client.interface()

    assert (reply.status, reply.json) == (504, {"error": "Gateway Timeout"})
    client.wait(299)
    assert (posted(), client.result()) == ({}, None)
    client.wait(1)
    assert posted() == {"wmt:us:1:sale:v1": 1}


def test_run_group_that_is_deleted_while_the_run_goes_on_is_not_posted(client, entry, posted):
    client.stage(*entry())
    client.interface()
    delete = "DeleteAllTransactionsForRunGroup"
    client.fsm("GET", f"ldrest/GLTransactionInterface/{delete}_{delete}Form_FormOperation", {"PrmRunGroup": "XD1"})
    client.wait()

    assert posted() == {}
    assert outcome(client.result()) == ("1", "0", "0", "0")


def test_run_can_be_told_to_refuse_rows_once(client, simulator, entry, posted):
    simulator.control("interface", {"fail": "error", "message": "No.", "rows": [2]})
    client.stage(*entry())
    client.interface()
    client.wait()
    assert messages(client) == {"1": "", "2": "No."}

    client.fsm("GET", RESET, {"PrmRunGroup": "XD1"})
    client.interface()
    client.wait()

    assert posted() == {"wmt:us:1:sale:v1": 1}


def test_run_can_be_told_to_post_a_part_as_if_by_hand(client, simulator, entry):
    simulator.control("interface", {"fail": "partial", "message": "No.", "rows": [2]})
    client.stage(*entry())
    client.interface()
    client.wait()

    assert messages(client) == {"2": "No."}
    assert [one["TransactionAmount"] for one in client.ledger()] == ["10.00"]
    assert outcome(client.result()) == ("2", "2", "1", "1")


def test_run_can_be_told_to_crash_and_leaves_its_rows(client, simulator, entry):
    simulator.control("interface", {"fail": "crash"})
    client.stage(*entry())
    client.interface()
    client.wait()

    assert (client.result(), len(client.staged()), client.ledger()) == (None, 2, [])


def test_run_can_be_told_to_post_and_say_nothing(client, simulator, entry, posted):
    simulator.control("interface", {"fail": "silent"})
    client.stage(*entry())
    client.interface()
    client.wait()

    assert (client.result(), client.staged()) == (None, [])
    assert posted() == {"wmt:us:1:sale:v1": 1}


def test_run_of_one_run_group_can_be_told_to_be_late(client, simulator, entry):
    simulator.control("interface", {"fail": "late", "seconds": 500, "run_group": "XD2"})
    client.stage(*entry(), *entry(group="XD2"))
    client.interface("XD1")
    client.interface("XD2")
    client.wait(10)

    assert client.result("XD1") is not None
    assert client.result("XD2") is None
    client.wait(490)
    assert client.result("XD2") is not None


def test_journals_wait_for_staff_where_they_are_not_posted_at_once(client, simulator, settings, entry):
    settings(auto_post=False)
    client.stage(*entry())
    client.interface()
    client.wait()
    assert {one["JournalStatus"] for one in client.ledger()} == {"Unreleased"}

    assert simulator.control("journals", {}) == {"journals": ["100001"]}

    assert {one["JournalStatus"] for one in client.ledger()} == {"Posted"}


def test_row_needs_a_unit_where_the_tenant_says_so(client, settings, row):
    settings(require_unit=True)
    client.stage(row(1), row(2, "-10.00", account="40100", AccountingUnit="WMT-US"))
    client.interface()
    client.wait()

    assert messages(client) == {"1": "Accounting Unit is required", "2": ""}


def test_every_account_and_dimension_is_known_where_the_settings_say_so(client, settings, entry, posted):
    settings(chart="any", dimensions="any")
    client.stage(*entry(AccountCode="77777-01", FinanceDimension9="X", AccountingUnit="Y"))
    client.interface()
    client.wait()

    assert posted() == {"wmt:us:1:sale:v1": 1}


def test_month_end_can_be_crossed(client, simulator, entry):
    client.stage(*entry(PostingDate="20261201"))
    client.wait(45 * 86_400)
    client.token = None
    client.interface()
    client.wait()

    assert outcome(client.result()) == ("1", "2", "2", "0")
