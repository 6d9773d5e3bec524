"""What CloudSuite Financials refuses: sales on their way into its general ledger."""

from __future__ import annotations

from functools import partial

from hold_walks import Step, walks
from hold_walks.infor import SALES, Financials

walks_of_fsm = partial(walks, "erp_ledger", site=Financials)

RULE = '- {match: {event: sale}, account: "40100"}'


@walks_of_fsm("account_unknown")
def account_unknown(site: Financials) -> Step:
    site.refused((RULE, RULE.replace("40100", "49999")))
    yield
    site.mended("accounts", accounts=[{"account": "49999"}])


@walks_of_fsm("account_inactive")
def account_inactive(site: Financials) -> Step:
    site.infor.control("accounts", {"accounts": [{"account": "40100", "active": False}]})
    site.refused()
    yield
    site.mended("accounts", accounts=[{"account": "40100"}])


@walks_of_fsm("unit_unknown")
def unit_unknown(site: Financials) -> Step:
    site.refused((RULE, RULE.replace('"40100"', '"40100", unit: WMT-XX')))
    yield
    site.mended("masters", **{"class": "AccountingUnit", "records": [{"code": "WMT-XX"}]})


@walks_of_fsm("entity_unknown")
def entity_unknown(site: Financials) -> Step:
    site.refused(('entity: "10"', 'entity: "99"'))
    yield
    site.edit(('entity: "99"', 'entity: "10"'))
    site.run(*SALES)


@walks_of_fsm("dimension_unknown")
def dimension_unknown(site: Financials) -> Step:
    site.refused((RULE, RULE.replace('"40100"', '"40100", dimensions: {channel: MARKET}')))
    yield
    site.mended("masters", **{"class": "FinanceDimension1", "records": [{"code": "MARKET"}]})


@walks_of_fsm("dimension_unmapped")
def dimension_unmapped(site: Financials) -> Step:
    site.refused((RULE, RULE.replace('"40100"', '"40100", dimensions: {market: US}')))
    yield
    site.edit(("dimensions: {channel: 1}", "dimensions: {channel: 1, market: 2}"))
    site.run(*SALES)


@walks_of_fsm("currency_unknown")
def currency_unknown(site: Financials) -> Step:
    dollars = {"class": "Currency", "records": [{"code": "USD", "Active": "false"}]}
    site.infor.control("masters", dollars)
    site.refused()
    yield
    site.mended("masters", **{"class": "Currency", "records": [{"code": "USD", "Active": "true"}]})


@walks_of_fsm("period_closed")
def period_closed_in_fsm(site: Financials) -> Step:
    site.infor.control("periods", {"period": "2026-11", "open": False})
    site.refused()
    yield
    site.mended("periods", period="2026-11", open=True)


def told_to_refuse(site: Financials, message: str) -> None:
    site.infor.control("interface", {"fail": "error", "message": message, "times": 1, "tenant": "ACME_TST"})
    site.refused()


@walks_of_fsm("entry_unbalanced")
def entry_unbalanced(site: Financials) -> Step:
    """The books of the entity are in another currency than was thought, until they are not."""
    told_to_refuse(site, "Run group XD entity 10 is out of balance by 0.01 USD")
    yield
    site.run(*SALES)


@walks_of_fsm("entry_refused")
def entry_refused(site: Financials) -> Step:
    told_to_refuse(site, "Something that nobody has seen before")
    yield
    site.run(*SALES)


@walks_of_fsm("partly_posted", made=0, by="done")
def partly_posted(site: Financials) -> Step:
    """Somebody starts the run by hand, in part."""
    site.infor.control("interface", {"fail": "partial", "rows": [2], "tenant": "ACME_TST"})
    site.refused()
    yield
    site.resolve("done")
    site.run(*SALES)
