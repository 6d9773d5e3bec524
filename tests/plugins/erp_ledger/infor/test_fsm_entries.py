"""A run group from its first row to the ledger: staged, interfaced once, refused row by row, lost at every request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_fsm import NOW, Carrier, TinyFsm, connect

from crossdock import Absent, Conflict, CredentialsError, Done, HoldError, Receipt, TransientError
from crossdock.errors import AnswerLostError
from crossdock.http import Response
from crossdock_erp_ledger.infor.fsm.api import FsmApi
from crossdock_erp_ledger.infor.fsm.rows import chunks_of
from crossdock_erp_ledger.infor.fsm.switches import Switches
from ledger_entries import line, many_entries, sale

pytestmark = pytest.mark.anyio
GROUP = "XD20261120WMTUS001ABC12"


@pytest.fixture
def anyio_backend():
    return "asyncio"


def wrong_account(account, message="Account {} is not valid"):
    return lambda row: message.format(account) if row["AccountCode"] == account else None


def sales(count):
    return [sale(f"10880000000{number:04}") for number in range(count)]


def total_of(fsm):
    return sum(Decimal(row["TransactionAmount"]) for row in fsm.ledger)


# --------------------------------------------------------------------------------------------------- the usual course


async def test_run_group_is_staged_interfaced_and_read_back():
    carrier = Carrier(TinyFsm(polls=3))

    settled = await carrier.carry(*sales(2))

    assert carrier.fsm.asked == ["stage", "interface", "result", "result", "result"]
    assert [type(one) for one in settled.values()] == [Receipt, Receipt]
    assert len(carrier.fsm.ledger) == 8
    assert carrier.fsm.staged == {}
    assert total_of(carrier.fsm) == 0
    assert carrier.waits == [timedelta(seconds=5)] * 3


async def test_receipt_bears_the_run_group_and_says_interfaced():
    (receipt,) = (await Carrier(TinyFsm()).carry(sale())).values()

    assert (receipt.kind, receipt.id) == ("journal_entry", sale().key)
    assert receipt.identifiers["batch"] == GROUP
    assert "interfaced" in receipt.note
    assert receipt.lines["1"][0]["account"] == "Income:Sales:Apparel"


async def test_row_bears_what_a_finance_person_needs():
    carrier = Carrier(TinyFsm(), connect(journal_code="WMT"))
    await carrier.carry(
        sale(
            lines=(
                line("11500", "49.98", unit="100"),
                line("40100", "-49.98", order_line="1", event="sale", dimensions={"channel": "walmart", "node": "7"}),
            )
        )
    )

    assert carrier.fsm.ledger[1] == {
        "FinanceEnterpriseGroup": "1",
        "GLTransactionInterface.RunGroup": GROUP,
        "GLTransactionInterface.SequenceNumber": "2",
        "AccountingEntity": "10",
        "ToAccountingEntity": "10",
        "AccountCode": "40100",
        "FinanceDimension1": "walmart",
        "FinanceDimension2": "7",
        "FinanceDimension3": "WALMART-US",
        "TransactionAmount": "-49.98",
        "CurrencyCode": "USD",
        "PostingDate": "20261005",
        "TransactionDate": "20261005",
        "System": "GL",
        "GeneralLedgerEvent": "JE",
        "JournalCode": "WMT",
        "Reference": "108800000000001",
        "DocumentNumber": "200000000000001",
        "Description": "WMT PO 108800000000001 L1 sale",
        "OriginatingTransaction.BusinessClassName": "CrossdockEntry",
        "OriginatingTransaction.BusinessObjectKey": "wmt:us:108800000000001:sale:v1",
        "ErrorMessage": "",
        "Journal": "7",
        "JournalStatus": "Unreleased",
    }  # fmt: skip


async def test_late_entry_keeps_its_day_and_says_which_period_it_is_late_for():
    carrier = Carrier(TinyFsm(), connect(closed_through="2026-10-31"))
    await carrier.carry(sale())

    row = carrier.fsm.ledger[0]
    assert (row["PostingDate"], row["TransactionDate"]) == ("20261101", "20261005")
    assert row["Description"].endswith(" late for 2026-10")


def test_dimension_that_the_connection_does_not_name_is_held():
    carrier = Carrier(TinyFsm(), connect(dimensions={"node": 1}))

    with pytest.raises(HoldError, match="dimension channel") as held:
        carrier.plan(sale())

    assert held.value.code == "dimension_unmapped"


async def test_interface_is_started_with_all_its_switches():
    carrier = Carrier(TinyFsm())
    await carrier.carry(sale())

    (request,) = [one for one in carrier.sent if "Interface" in one.url.path and "ldrest" in one.url.path]
    assert dict(request.url.params) == {
        "PrmRunGroup": GROUP, "PrmEnterpriseGroup": "1", "PrmAccountingEntity": "", "PrmEditOnly": "false",
        "PrmEditAndInterface": "true", "PrmPartialUpdate": "false", "PrmJournalizeByEntity": "true",
        "PrmJournalByJournalCode": "false", "PrmByPassOrganizationCode": "true", "PrmByPassAccountCode": "true",
        "PrmBypassStructureRelationEdit": "false", "PrmInterfaceInDetail": "true", "PrmBypassNegativeRateEdit": "false",
        "PrmMoveErrorsToNewRunGroup": "false", "PrmErrorRunGroupPrefix": "", "PrmCurrencyTable": "",
        "PrmPrimaryLedger": "", "_cmAll": "true",
    }  # fmt: skip


async def test_large_bundle_is_staged_in_calls_of_at_most_a_thousand_rows():
    carrier = Carrier(TinyFsm())

    settled = await carrier.carry(*sales(260))

    assert carrier.fsm.asked == ["stage", "stage", "interface", "result"]
    assert {type(one) for one in settled.values()} == {Receipt}
    assert len(carrier.fsm.ledger) == 1040


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 2500), min_size=1, max_size=8))
def test_entries_are_split_only_where_one_is_too_large_for_a_call(sizes):
    chunks = chunks_of(sizes)

    assert [row for chunk in chunks for row in range(chunk.first, chunk.last + 1)] == list(range(1, sum(sizes) + 1))
    assert all(chunk.last - chunk.first < 1000 for chunk in chunks)
    ends = {sum(sizes[:count]) for count in range(1, len(sizes) + 1)}
    if max(sizes) <= 1000:
        assert all(chunk.last in ends for chunk in chunks)


async def test_totals_are_one_entry_and_settle_each_member():
    carrier = Carrier(TinyFsm())
    entries = [sale(f"10880000000000{number}", total="wmt:us:2026-10-05:USD") for number in range(3)]

    settled = await carrier.carry(*entries)

    assert {row["OriginatingTransaction.BusinessObjectKey"] for row in carrier.fsm.ledger} == {
        f"wmt:us:2026-10-05:USD:{GROUP}"
    }
    assert sorted(row["TransactionAmount"] for row in carrier.fsm.ledger) == ["-149.94", "-17.97", "-45.00", "212.91"]
    assert [settled[entry.key].identifiers["total"] for entry in entries] == [f"wmt:us:2026-10-05:USD:{GROUP}"] * 3


@pytest.mark.parametrize("shape", ["list", "object"])
@pytest.mark.parametrize("blank", ["", " "])
async def test_both_shapes_of_lists_and_keys_with_a_blank_are_read(shape, blank):
    carrier = Carrier(TinyFsm(refuses=wrong_account("Income:Shipping"), shape=shape, key_blank=blank))

    (refused,) = (await carrier.carry(sale())).values()

    assert refused.code == "account_unknown"


@settings(max_examples=30, deadline=None)
@given(entries=many_entries(6))
async def test_amounts_arrive_to_the_last_digit(entries):
    carrier = Carrier(TinyFsm())
    await carrier.carry(*entries)

    for entry in entries:
        rows = [row for row in carrier.fsm.ledger if row["OriginatingTransaction.BusinessObjectKey"] == entry.key]
        sent = sorted((row["AccountCode"], row["TransactionAmount"], row["CurrencyCode"]) for row in rows)
        lines = [one for one in entry.lines if one.amount.amount] or entry.lines
        assert sent == sorted(
            (one.account, f"{one.amount.rounded().amount + 0:f}", one.amount.currency) for one in lines
        )


# ------------------------------------------------------------------------------------------------------- refused rows


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Account 49999 is not valid", "account_unknown"),
        ("Account 40100 is not active", "account_inactive"),
        ("Accounting Unit WMT-XX is not valid", "unit_unknown"),
        ("Accounting Entity 99 is not valid", "entity_unknown"),
        ("Finance Dimension 1 WALMARTX is not valid", "dimension_unknown"),
        ("Currency XXX is not valid", "currency_unknown"),
        ("No period found for Posting Date March 2, 2026", "period_closed"),
        (f"Run group {GROUP} entity 10 is out of balance by 0.01 USD", "entry_unbalanced"),
        ("Something that nobody has seen yet", "entry_refused"),
    ],
)
async def test_refused_row_holds_its_entry_alone(message, code):
    entries = sales(5)
    bad = entries[2].key
    carrier = Carrier(
        TinyFsm(refuses=lambda row: message if row["OriginatingTransaction.BusinessObjectKey"] == bad else None)
    )

    settled = await carrier.carry(*entries)

    refused = settled.pop(bad)
    assert isinstance(refused, HoldError)
    assert (refused.code, message in str(refused)) == (code, True)
    assert refused.fix
    assert {(type(one), one.code) for one in settled.values()} == {(TransientError, "bundle_refused")}


async def test_refused_run_group_is_gone_before_anybody_is_told():
    carrier = Carrier(TinyFsm(refuses=wrong_account("Income:Shipping")))

    await carrier.carry(*sales(2))

    assert carrier.fsm.asked == ["stage", "interface", "result", "staged", "delete", "staged", "result"]
    assert (carrier.fsm.staged, carrier.fsm.ledger) == ({}, [])


async def test_imbalance_that_follows_from_another_fault_is_nobodys():
    entries = sales(3)

    def refuses(row):
        if row["OriginatingTransaction.BusinessObjectKey"] == entries[0].key:
            return "Account 49999 is not valid"
        return f"Run group {GROUP} entity 10 is out of balance by 49.98 USD"

    settled = await Carrier(TinyFsm(refuses=refuses)).carry(*entries)

    assert [one.code for one in settled.values()] == ["account_unknown", "bundle_refused", "bundle_refused"]


@settings(max_examples=25, deadline=None)
@given(bad=st.sets(st.integers(0, 7), min_size=1), order=st.permutations(range(8)), polls=st.integers(1, 3))
async def test_exactly_the_guilty_are_held_in_any_order(bad, order, polls):
    entries = [sales(8)[place] for place in order]
    guilty = {sales(8)[place].key for place in bad}
    carrier = Carrier(
        TinyFsm(
            refuses=lambda row: (
                "Account 1 is not valid" if row["OriginatingTransaction.BusinessObjectKey"] in guilty else None
            ),
            polls=polls,
        )
    )

    settled = await carrier.carry(*entries)

    assert {key for key, one in settled.items() if isinstance(one, HoldError)} == guilty
    assert {key for key, one in settled.items() if isinstance(one, TransientError)} == settled.keys() - guilty
    assert carrier.fsm.staged == {}


async def test_row_refused_while_staging_is_never_interfaced():
    entries = sales(3)

    def refuses(row):
        return "PostingDate is required" if row["OriginatingTransaction.BusinessObjectKey"] == entries[1].key else None

    carrier = Carrier(TinyFsm(refuses_staging=refuses))
    settled = await carrier.carry(*entries)

    assert carrier.fsm.asked == ["stage", "delete", "staged"]
    assert [one.code for one in settled.values()] == ["bundle_refused", "entry_refused", "bundle_refused"]


async def test_call_that_is_refused_whole_holds_its_entries():
    settled = await Carrier(TinyFsm(statuses={"CreateUnreleased": 400})).carry(*sales(2))

    assert {(one.code, "refused by the tenant" in str(one)) for one in settled.values()} == {("entry_refused", True)}


async def test_missing_role_pauses_the_connection_before_anything_is_staged():
    with pytest.raises(CredentialsError, match="create GL transactions") as refused:
        await Carrier(TinyFsm(statuses={"CreateUnreleased": 403})).carry(sale())

    assert "security role" in refused.value.fix


@pytest.mark.parametrize("status", [400, 403, 404, 405])
async def test_refused_interface_leaves_nothing_staged(status):
    carrier = Carrier(TinyFsm(statuses={"ldrest/GLTransactionInterface/Interface": status}))

    settled = await carrier.carry(*sales(2))

    assert carrier.fsm.staged == {}
    assert {one.code for one in settled.values()} == {"entry_refused"}


async def test_run_group_that_cannot_be_deleted_is_not_settled():
    carrier = Carrier(TinyFsm(refuses=wrong_account("Income:Shipping"), statuses={"DeleteAll": 400}))

    with pytest.raises(AnswerLostError, match="cannot be deleted"):
        await carrier.carry(sale())


async def test_part_of_an_entry_that_was_interfaced_needs_a_person():
    """A tenant may post in part, whatever we ask for: what left the staging is in the ledger."""

    class Partial(TinyFsm):
        def run(self, group):
            super().run(group)
            gone = [key for key, row in self.staged.items() if not row["ErrorMessage"]]
            self.ledger += [self.staged.pop(key) for key in gone]
            self.runs[-1]["PassedCount"] = str(len(gone))

    entries = sales(2)
    bad = entries[0].key
    carrier = Carrier(
        Partial(
            refuses=lambda row: (
                "Account 1 is not valid"
                if row["OriginatingTransaction.BusinessObjectKey"] == bad and row["AccountCode"] == "Income:Shipping"
                else None
            )
        )
    )

    settled = await carrier.carry(*entries)

    assert settled[bad].attention.code == "partly_posted"
    assert "3 of 4 rows" in settled[bad].attention.message
    assert settled[entries[1].key].attention is None


async def test_counts_that_disagree_with_the_staging_are_not_believed():
    class Odd(TinyFsm):
        def run(self, group):
            super().run(group)
            self.staged.popitem()
            self.runs[-1]["PassedCount"] = "3"

    with pytest.raises(AnswerLostError, match="1 rows left the staging, and the run says 3"):
        await Carrier(Odd(refuses=wrong_account("Income:Shipping"))).carry(*sales(2))


async def test_somebody_who_interfaces_what_was_refused_is_noticed():
    class Meddled(TinyFsm):
        def _delete(self, request, query):
            self.refuses = lambda row: None
            self.run(query["PrmRunGroup"])
            return super()._delete(request, query)

    with pytest.raises(AnswerLostError, match="interfaced once more"):
        await Carrier(Meddled(refuses=wrong_account("Income:Shipping"))).carry(sale())


# -------------------------------------------------------------------------------------------------------- lost answers


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("place", range(5))
async def test_answer_lost_anywhere_posts_everything_once(place, how):
    carrier = Carrier(TinyFsm(polls=2), lose={place: how})

    settled = await carrier.carry(*sales(260))

    assert {type(one) for one in settled.values()} == {Receipt}
    assert len(carrier.fsm.ledger) == 1040
    assert carrier.fsm.asked.count("interface") == 1
    assert carrier.fsm.staged == {}


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("place", range(7))
async def test_answer_lost_anywhere_of_a_refused_run_group_posts_nothing(place, how):
    carrier = Carrier(TinyFsm(refuses=wrong_account("Income:Shipping")), lose={place: how})

    settled = await carrier.carry(*sales(2))

    assert {one.code for one in settled.values()} == {"account_unknown"}
    assert (carrier.fsm.staged, carrier.fsm.ledger) == ({}, [])


async def test_run_that_outlives_the_gateway_is_waited_for_and_never_started_again():
    carrier = Carrier(TinyFsm(polls=9), lose={1: "after"})

    settled = await carrier.carry(*sales(2))

    assert carrier.fsm.asked.count("interface") == 1
    assert {type(one) for one in settled.values()} == {Receipt}


async def test_interface_that_never_began_is_started_again_only_once_it_cannot_begin_any_more():
    carrier = Carrier(TinyFsm(), lose={1: "before"})

    await carrier.carry(sale())

    assert carrier.fsm.now - NOW > timedelta(minutes=15)
    assert len(carrier.fsm.ledger) == 4


async def test_lost_staging_is_looked_for_once_it_cannot_act_any_more():
    carrier = Carrier(TinyFsm(), lose={0: "before"})

    await carrier.carry(sale())

    assert carrier.waits[0] == connect().timeout
    assert carrier.fsm.asked[:3] == ["staged", "stage", "interface"]


@pytest.mark.parametrize("body", [b"", b"<html>Welcome</html>", b"null", b"[]"])
async def test_answer_that_does_not_say_that_the_interface_was_started_is_a_lost_one(body):
    """Whoever answered 200 may not have been FSM: its run group is looked for, and started later if it never was."""

    class Intercepted(TinyFsm):
        def _interface(self, request, query):
            if self.asked.count("interface") > 1:
                return super()._interface(request, query)
            return Response(200, content=body)

    carrier = Carrier(Intercepted())

    settled = await carrier.carry(sale())

    assert [type(one) for one in settled.values()] == [Receipt]
    assert len(carrier.fsm.ledger) == 4
    assert carrier.fsm.now - NOW > timedelta(minutes=15)


async def test_result_that_is_gone_is_made_up_for_by_the_ledger():
    """FSM clears its results away after a while: what is neither staged nor shown is looked for by our keys."""

    class Forgetful(TinyFsm):
        def _interface(self, request, query):
            answer = super()._interface(request, query)
            self.at_work.clear()
            self.run(query["PrmRunGroup"])
            self.runs.clear()
            return answer

    settled = await Carrier(Forgetful(), lose={1: "after"}).carry(*sales(2))

    assert {type(one) for one in settled.values()} == {Receipt}


async def lost_interface(fsm, **settings):
    """A probe of a run group whose interface was started, and whose answer was lost."""
    carrier = Carrier(fsm, connect(**settings))
    effect = carrier.bundle(carrier.plan(*sales(2)))
    fsm(effect.steps[0])
    return carrier, effect


async def test_what_somebody_deleted_is_told_and_never_posted_again():
    carrier, effect = await lost_interface(TinyFsm())
    carrier.fsm.staged.clear()

    with pytest.raises(AnswerLostError, match="somebody deleted it"):
        await carrier.look(lost(carrier, effect), None, 1)


async def test_other_rows_under_our_numbers_are_a_conflict():
    carrier, effect = await lost_interface(TinyFsm())
    next(iter(carrier.fsm.staged.values()))["TransactionAmount"] = "1.00"

    probe = await carrier.sink.probe(lost(carrier, effect))

    assert probe == Conflict(["TransactionAmount of row 1 differs"])


async def test_amounts_that_are_only_written_otherwise_are_ours():
    carrier, effect = await lost_interface(TinyFsm())
    next(iter(carrier.fsm.staged.values()))["TransactionAmount"] = "70.970000"

    assert await carrier.sink.probe(lost(carrier, effect)) == Absent()


async def test_run_without_a_result_is_told_after_its_time():
    carrier = Carrier(TinyFsm(polls=10**6), connect(poll_every="60s"))

    with pytest.raises(AnswerLostError, match="shows no result yet"):
        await carrier.carry(sale())

    assert carrier.fsm.asked.count("interface") == 1
    assert carrier.sink.settles_after == timedelta(minutes=16, seconds=15)


def lost(carrier, effect):
    """The run group, and that the answer of its interface was lost."""
    return replace(effect, lost=FsmApi(carrier.reader, carrier.ledger.tenant).interface(effect.key, Switches("1")))


# ------------------------------------------------------------------------------------------------------ looking first


async def test_entry_that_is_in_the_ledger_is_found_by_its_key():
    carrier = Carrier(TinyFsm())
    await carrier.carry(sale())
    (effect,) = carrier.plan(sale())

    found = await carrier.sink.probe(effect)

    assert isinstance(found, Done)
    assert found.receipt.id == sale().key


async def test_entry_that_is_not_there_is_absent():
    carrier = Carrier(TinyFsm())
    (effect,) = carrier.plan(sale())

    assert await carrier.sink.probe(effect) == Absent()


async def test_entry_of_other_amounts_is_a_conflict():
    carrier = Carrier(TinyFsm())
    await carrier.carry(sale())
    carrier.fsm.ledger[0]["TransactionAmount"] = "1.00"
    (effect,) = carrier.plan(sale())

    assert isinstance(await carrier.sink.probe(effect), Conflict)


async def test_entry_of_a_total_cannot_be_looked_for():
    carrier = Carrier(TinyFsm())
    (effect,) = carrier.plan(sale(total="wmt:us:2026-10-05:USD"))

    assert (await carrier.sink.probe(effect)).ever is True


# ------------------------------------------------------------------------------------------------------------- names


def test_run_group_is_named_after_day_channel_market_and_bundle():
    carrier = Carrier(TinyFsm())

    assert carrier.bundle(carrier.plan(sale())).key == GROUP
    assert carrier.bundle(carrier.plan(sale()), number=36**3).key == "XD20261120WMTUS1000ABC12"
    assert carrier.bundle(carrier.plan(sale(), sale("2", market="ca", channel="shop"))).key == "XD20261120XXXXX001ABC12"


@settings(deadline=None, max_examples=50)
@given(
    number=st.integers(0, 36**9),
    market=st.sampled_from([None, "us", "c", "mexico"]),
    channel=st.sampled_from([None, "walmart", "ebay", "x!"]),
)
def test_run_group_fits_into_thirty_characters(number, market, channel):
    carrier = Carrier(TinyFsm())

    name = carrier.bundle(carrier.plan(sale(market=market, channel=channel)), number=number).key

    assert len(name) <= 30
    assert name == name.upper()
    assert name.isalnum()


async def test_interface_that_a_gateway_gave_up_waiting_for_is_looked_for_and_not_deleted_while_it_goes_on():
    class GivesUp(TinyFsm):
        def _interface(self, request, query):
            super()._interface(request, query)
            return Response(408, json={"code": "408", "message": "request timeout"})

    carrier = Carrier(GivesUp())

    settled = await carrier.carry(sale())

    assert [type(one) for one in settled.values()] == [Receipt]
    assert carrier.fsm.asked.count("interface") == 1
    assert "delete" not in carrier.fsm.asked
