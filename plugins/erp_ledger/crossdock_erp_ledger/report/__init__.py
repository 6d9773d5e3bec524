"""The close report: what the channel says, what was posted, what the ledger holds; may the month be closed?"""
