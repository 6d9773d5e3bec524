"""How the service says no: always a JSON array of objects, a validation fault with its JSON pointer."""

from __future__ import annotations

from typing import Any

from crossdock.simulator import Refusal, answer


def refusal(status: int, problems: list[dict[str, Any]], headers: dict[str, str] | None = None) -> Refusal:
    """An answer outside 2xx whose body is these problems."""
    return Refusal(answer(problems, status, headers))


def refuse(status: int, message: str, headers: dict[str, str] | None = None) -> Refusal:
    """One problem without a field."""
    return refusal(status, [{"message": message}], headers)


class Faults:
    """What is wrong with a body: every fault is collected before the body is refused."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def add(self, field: str, message: str, code: int | None = None) -> None:
        """Note a fault at the JSON pointer `field`."""
        fault: dict[str, Any] = {"field": field, "message": message}
        if code is not None:
            fault["code"] = code
        self.found.append(fault)

    def raise_any(self) -> None:
        """Refuse with 422 if anything was found."""
        if self.found:
            raise refusal(422, self.found)
