"""What a key may do, against what the pipelines need of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crossdock import CredentialsError, TestReport
from crossdock.jsonio import Json

_LEVELS = {"no_access": 0, "view_only": 1, "full_access": 2}
NEEDS: Mapping[str, tuple[str, str]] = {
    "orders": ("orders", "view_only"),
    "acknowledgements": ("orders", "full_access"),
    "shipments": ("orders", "full_access"),
    "returns": ("returns", "view_only"),
    "settlements": ("reports", "view_only"),
    "unshipped": ("orders", "view_only"),
}
"""Component of this plugin: the scope it needs, and how much of it."""

_FIX = "create a key for production in Developer Portal > API Key Management, or ask the account's administrator"


def report(account: str, detail: Json | None, nodes: Json | None, used: Iterable[str]) -> TestReport:
    """Compare scopes and list choices. Raises: CredentialsError where the token is said to be invalid."""
    notes = [*_token_notes(detail), *([] if nodes is not None else [_NO_NODES])]
    if detail is None:
        return TestReport(account=account, choices=_choices(nodes), notes=tuple(notes))
    granted = _granted(detail)
    needed = _needed(used)
    return TestReport(
        account=account,
        granted=tuple(f"{scope}: {level}" for scope, level in granted.items()),
        missing=tuple(
            f"{scope}: {level}" for scope, level in needed.items() if _rank(granted.get(scope)) < _rank(level)
        ),
        excessive=_excessive(granted, needed),
        choices=_choices(nodes),
        notes=tuple(notes),
    )


_NO_NODES = "the list of fulfilment centres is not open to this account; orders then go to the default warehouse"
_NO_DETAIL = "Walmart does not tell what this key may do; permissions were not compared"


def _token_notes(detail: Json | None) -> list[str]:
    if detail is None:
        return [_NO_DETAIL]
    if detail.get("is_valid") is False:
        raise CredentialsError("Walmart says that the token it has just issued is not valid", fix=_FIX)
    if detail.get("is_channel_match") is False:
        return ["the channel type of the key does not match that of the token (is_channel_match is false)"]
    return []


def _granted(detail: Json) -> dict[str, str]:
    scopes = detail.get("scopes")
    pairs = scopes.items() if isinstance(scopes, dict) else ()
    return {str(scope): str(level) for scope, level in sorted(pairs) if _rank(level) > 0}


def _needed(used: Iterable[str]) -> dict[str, str]:
    needed: dict[str, str] = {}
    for component in sorted(used):
        scope, level = NEEDS.get(component.removeprefix("walmart."), ("", ""))
        if scope and _rank(level) > _rank(needed.get(scope)):
            needed[scope] = level
    return needed


def _excessive(granted: Mapping[str, str], needed: Mapping[str, str]) -> tuple[str, ...]:
    """What may go. While nothing uses the connection nothing is too much."""
    if not needed:
        return ()
    return tuple(f"{scope}: {level}" for scope, level in granted.items() if _rank(level) > _rank(needed.get(scope)))


def _rank(level: object) -> int:
    # A level we do not know is taken for reading, never for nothing: names change before rights do.
    return 0 if not level else _LEVELS.get(str(level).lower(), 1)


def _choices(nodes: Json | None) -> dict[str, tuple[str, ...]]:
    """The active fulfilment centres, as "id name"."""
    if not isinstance(nodes, list):
        return {}
    rows = [node for node in nodes if isinstance(node, dict) and node.get("shipNode")]
    active = [node for node in rows if str(node.get("status") or "ACTIVE").upper() == "ACTIVE"]
    return {"ship_nodes": tuple(f"{node['shipNode']} {node.get('shipNodeName') or ''}".strip() for node in active)}
