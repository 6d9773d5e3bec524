"""HTTP: httpx in every signature, behind this package alone."""

from crossdock.http.types import Allowance, Endpoint, Rate, Reader, Request, Response, Token

__all__ = ["Allowance", "Endpoint", "Rate", "Reader", "Request", "Response", "Token"]
