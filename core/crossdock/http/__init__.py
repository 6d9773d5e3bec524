"""HTTP: httpx in every signature, behind this package alone."""

from crossdock.http.answers import json_of, retry_after
from crossdock.http.buckets import Ask, Bucket, Rented, Told
from crossdock.http.circuit import LOST, CircuitStore, MemoryCircuits, Outage
from crossdock.http.client import Client, open_client
from crossdock.http.logins import SCARCE
from crossdock.http.quotas import MemoryQuotas, QuotaStore
from crossdock.http.sending import Exchange, Observer
from crossdock.http.tokens import MemoryTokenStore, TokenStore
from crossdock.http.types import Allowance, Endpoint, Rate, Reader, Request, Response, Token
from crossdock.http.urgency import Urgency, set_urgency

__all__ = [
    "LOST",
    "SCARCE",
    "Allowance",
    "Ask",
    "Bucket",
    "CircuitStore",
    "Client",
    "Endpoint",
    "Exchange",
    "MemoryCircuits",
    "MemoryQuotas",
    "MemoryTokenStore",
    "Observer",
    "Outage",
    "QuotaStore",
    "Rate",
    "Reader",
    "Rented",
    "Request",
    "Response",
    "Token",
    "TokenStore",
    "Told",
    "Urgency",
    "json_of",
    "open_client",
    "retry_after",
    "set_urgency",
]
