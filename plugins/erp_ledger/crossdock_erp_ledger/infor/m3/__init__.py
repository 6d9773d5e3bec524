"""The general ledger and the customers of Infor M3, through its MI programs."""
