"""The fields of each transaction, as the programs' own API descriptions list them."""

from __future__ import annotations

from crossdock_erp_ledger.simulator.m3.tables import crs610, gls200, gls840
from crossdock_erp_ledger.simulator.m3.tables.layout import Transaction, read

PROGRAMS: dict[str, dict[str, Transaction]] = {
    "CRS610MI": read(crs610.TRANSACTIONS),
    "GLS200MI": read(gls200.TRANSACTIONS),
    "GLS840MI": read(gls840.TRANSACTIONS),
}
