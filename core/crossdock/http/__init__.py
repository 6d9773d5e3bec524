"""HTTP: httpx in every signature, behind this package alone."""

from crossdock.http.answers import json_of, retry_after
from crossdock.http.client import Client, open_client
from crossdock.http.quotas import MemoryQuotas, QuotaStore
from crossdock.http.sending import Exchange, Observer
from crossdock.http.tokens import MemoryTokenStore, TokenStore
from crossdock.http.types import Allowance, Endpoint, Rate, Reader, Request, Response, Token

__all__ = [
    "Allowance",
    "Client",
    "Endpoint",
    "Exchange",
    "MemoryQuotas",
    "MemoryTokenStore",
    "Observer",
    "QuotaStore",
    "Rate",
    "Reader",
    "Request",
    "Response",
    "Token",
    "TokenStore",
    "json_of",
    "open_client",
    "retry_after",
]
