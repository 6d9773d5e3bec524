"""What sinks of all ledgers share: from a journal entry to an effect, its day, the sum of a total, and the receipt."""

from crossdock_erp_ledger.posting.closing import HOLDS, period_closed
from crossdock_erp_ledger.posting.planning import plan_entry, posting_of
from crossdock_erp_ledger.posting.posting import Posting, dumped
from crossdock_erp_ledger.posting.receipts import receipt_of
from crossdock_erp_ledger.posting.totals import posting_with, postings_of

__all__ = [
    "HOLDS",
    "Posting",
    "dumped",
    "period_closed",
    "plan_entry",
    "posting_of",
    "posting_with",
    "postings_of",
    "receipt_of",
]
