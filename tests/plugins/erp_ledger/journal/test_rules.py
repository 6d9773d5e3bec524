"""Rules: which account a line goes to, in words that an accountant writes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from crossdock import HoldError
from crossdock_erp_ledger.journal.mapper import JournalMapper
from crossdock_erp_ledger.journal.rules import Chart, Facets, Rule
from tiny_ledger import PO, SETTINGS, TinyLedger, order, order_line


def chart(*rules: dict[str, Any], **changed: Any) -> Chart:
    found = [Rule.model_validate(rule) for rule in rules]
    return Chart(found, **{"clearing": {}, "categories": {}, **changed})


def account(table: Chart, **facets: Any) -> str | None:
    found = table.find(Facets(**{"event": "sale", **facets}))
    return found.account if found else None


def test_first_rule_that_fits_decides() -> None:
    table = chart({"match": {"market": "us"}, "account": "1"}, {"account": "2"})

    assert (account(table, market="us"), account(table, market="ca")) == ("1", "2")


def test_rule_of_higher_priority_goes_first() -> None:
    table = chart({"account": "1"}, {"match": {"sku": "TEE-*"}, "account": "2", "priority": 10})

    assert (account(table, sku="tee-1"), account(table, sku="MUG")) == ("2", "1")


@pytest.mark.parametrize(
    ("asked", "there", "fits"),
    [
        ({"event": ["sale", "shipping"]}, {"event": "shipping"}, True),
        ({"category": "Apparel"}, {"category": "APPAREL"}, True),
        ({"sku": "TEE-*"}, {"sku": "tee-blk"}, True),
        ({"sku": "TEE-*"}, {"sku": "A-TEE-1"}, False),
        ({"fulfilment": "wfs"}, {"fulfilment": "seller"}, False),
        ({"node": "17"}, {}, False),
        ({"state": ["NY", "NJ"], "market": "us"}, {"state": "NJ", "market": "us"}, True),
        ({"state": ["NY", "NJ"], "market": "ca"}, {"state": "NJ", "market": "us"}, False),
        ({"description": "WFS*"}, {"description": "WFS StorageFee"}, True),
    ],
)
def test_rule_fits_where_all_that_it_asks_for_is_there(
    asked: dict[str, Any], there: dict[str, Any], fits: bool
) -> None:
    assert account(chart({"match": asked, "account": "1"}), **there) == ("1" if fits else None)


def test_category_is_that_of_the_sku_before_that_of_its_longest_beginning() -> None:
    table = chart(categories={"T*": "any", "TEE-*": "apparel", "tee-9": "special"})

    assert [table.category_of(sku) for sku in ("TRAY", "tee-1", "TEE-9", "MUG", None)] == [
        "any",
        "apparel",
        "special",
        None,
        None,
    ]


def test_dimension_in_braces_stands_for_what_the_line_bears() -> None:
    table = chart({"account": "1", "dimensions": {"channel": "online", "node": "{node}", "state": "{state}"}})

    found = table.find(Facets(event="sale", node="17"))

    assert found is not None
    assert dict(found.dimensions) == {"channel": "online", "node": "17"}


def test_line_without_a_rule_is_held_and_named() -> None:
    nothing = JournalMapper.model_validate({**SETTINGS, "rules": [{"match": {"event": "shipping"}, "account": "1"}]})

    with pytest.raises(HoldError) as held:
        TinyLedger().post(nothing, order(order_line("3", sku="TEE-1")), PO)

    assert held.value.code == "unmapped_account"
    assert "line 3 of order" in held.value.message
    assert (
        "event sale, channel walmart, market us, category apparel, sku TEE-1, fulfilment seller" in held.value.message
    )


def test_line_without_a_rule_goes_to_suspense_where_that_is_configured() -> None:
    suspended = JournalMapper.model_validate(
        {**SETTINGS, "rules": [{"match": {"event": "shipping"}, "account": "1"}], "suspense": "9999"}
    )

    (entry,) = TinyLedger().post(suspended, order(), PO)

    assert entry.lines[0].account == "9999"


def test_clearing_account_is_that_of_market_and_currency_before_that_of_the_market() -> None:
    both = JournalMapper.model_validate(
        {**SETTINGS, "clearing": {"us": "1150", "us/USD": {"account": "1151", "unit": "7"}}}
    )

    (entry,) = TinyLedger().post(both, order(), PO)

    assert [(line.account, line.unit) for line in entry.lines if line.event == "clearing"] == [("1151", "7")]


def test_market_without_clearing_account_is_held() -> None:
    with pytest.raises(HoldError, match="no clearing account for market mx in USD"):
        TinyLedger().post(JournalMapper.model_validate(SETTINGS), order(market="mx"), PO)


def test_customer_of_a_rule_goes_before_the_house_customer() -> None:
    own = JournalMapper.model_validate({**SETTINGS, "rules": [{"account": "1", "customer": "WFS-US"}]})

    (entry,) = TinyLedger().post(own, order(), PO)

    assert entry.customer == "WFS-US"


@pytest.mark.parametrize(
    "wrong",
    [
        {"rules": []},
        {"rules": [{"match": {"colour": "red"}, "account": "1"}]},
        {"rules": [{"match": {"event": "sale"}}]},
        {"clearing": {}},
        {"timezone": "New York"},
        {"per": "week"},
        {"tax_remitted_by": {"us": "buyer"}},
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JournalMapper.model_validate({**SETTINGS, **wrong})
