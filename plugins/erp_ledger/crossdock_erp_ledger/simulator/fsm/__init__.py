"""CloudSuite Financials & Supply Management: staging, interface runs, the ledger, and the master data of a tenant."""
