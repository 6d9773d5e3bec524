"""What M3 refuses: sales on their way into its general ledger."""

from __future__ import annotations

from functools import partial

from hold_walks import Step, walks
from hold_walks.infor import M3, SALES

walks_of_m3 = partial(walks, "erp_ledger", site=M3)

RULE = '- {match: {event: sale}, account: "40100"}'


@walks_of_m3("account_unknown")
def account_unknown_in_m3(site: M3) -> Step:
    site.refused((RULE, RULE.replace("40100", "49999")))
    yield
    site.mended("accounts", accounts=[{"account": "49999"}])


@walks_of_m3("account_inactive")
def account_blocked_in_m3(site: M3) -> Step:
    site.infor.control("accounts", {"accounts": [{"account": "40100", "active": False}]})
    site.refused()
    yield
    site.mended("accounts", accounts=[{"account": "40100"}])


@walks_of_m3("account_unknown")
def account_told_unknown_by_the_check_of_m3(site: M3) -> Step:
    site.infor.control("settings", {"line_checks": False})
    site.refused((RULE, RULE.replace("40100", "49999")))
    yield
    site.mended("accounts", accounts=[{"account": "49999"}])


@walks_of_m3("dimension_unknown")
def dimension_unknown_in_m3(site: M3) -> Step:
    site.refused((RULE, RULE.replace('"40100"', '"40100", dimensions: {channel: MARKET}')))
    yield
    site.mended("masters", **{"class": "AIT2", "records": [{"code": "MARKET"}]})


@walks_of_m3("dimension_unmapped")
def dimension_unmapped_for_m3(site: M3) -> Step:
    site.refused((RULE, RULE.replace('"40100"', '"40100", dimensions: {market: US}')))
    yield
    site.edit(("dimensions: {channel: 2}", "dimensions: {channel: 2, market: 3}"))
    site.run(*SALES)


@walks_of_m3("currency_unknown")
def currency_unknown_in_m3(site: M3) -> Step:
    site.infor.control("masters", {"class": "Currency", "records": [{"code": "USD", "Active": "false"}]})
    site.refused()
    yield
    site.mended("masters", **{"class": "Currency", "records": [{"code": "USD", "Active": "true"}]})


@walks_of_m3("period_closed")
def period_closed_in_m3(site: M3) -> Step:
    site.infor.control("periods", {"period": "2026-11", "open": False})
    site.refused()
    yield
    site.mended("periods", period="2026-11", open=True)


@walks_of_m3("entry_refused")
def template_unknown_in_m3(site: M3) -> Step:
    site.infor.control("settings", {"templates": {"XDPOS": 1}})
    site.refused()
    yield
    site.mended("settings", templates={"XDWMT": 2})
