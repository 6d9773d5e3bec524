"""How M3 says no: HTTP 200, and a failed result. The message codes are placeholders."""

from __future__ import annotations

from typing import Literal

Kind = Literal["ServerReturnedNOK", "TransactionNotFound", "MandatoryInputFieldNotFound", "InputFieldTooLong"]

EXISTS, MISSING = "XRE0104", "XRE0103"


class Nok(Exception):  # noqa: N818  (it is an answer)
    """Ends one transaction with this message."""

    def __init__(self, message: str, field: str = "", code: str = "XD00001", kind: Kind = "ServerReturnedNOK") -> None:
        super().__init__(message)
        self.message, self.field, self.code, self.kind = message, field, code, kind
