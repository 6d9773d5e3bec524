"""The general ledger of Infor CloudSuite Financials & Supply Management (FSM)."""
