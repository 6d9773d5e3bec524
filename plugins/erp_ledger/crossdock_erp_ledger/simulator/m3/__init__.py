"""M3: journal batches, the general ledger read back, customers; every failure comes inside an answer of 200."""
