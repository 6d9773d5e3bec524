"""JSON Patch as far as the service takes it: add, replace, remove; of arrays the whole, or one appended element."""

from __future__ import annotations

import copy
from typing import Any

from crossdock_wms_cartoncloud.simulator.problems import Faults

_READ_ONLY = ("id", "scope", "customer", "timestamps")


def patch(document: dict[str, Any], operations: Any) -> dict[str, Any]:
    """The patched document. Raises: Refusal 422, naming each operation that cannot be done."""
    faults = Faults()
    made = copy.deepcopy(document)
    if not isinstance(operations, list) or not operations:
        faults.add("", "must be an array of operations")
    else:
        for index, operation in enumerate(operations):
            if (problem := _apply(made, operation)) is not None:
                faults.add(f"/{index}", problem)
    faults.raise_any()
    return made


def _apply(document: dict[str, Any], operation: Any) -> str | None:
    """Apply one operation; what is wrong with it, if something is."""
    if not isinstance(operation, dict) or operation.get("op") not in ("add", "replace", "remove"):
        return "op must be one of add, replace, remove"
    path = operation.get("path")
    if not isinstance(path, str) or not path.startswith("/"):
        return "path must be a JSON pointer"
    if operation["op"] != "remove" and "value" not in operation:
        return "value is missing"
    *parents, last = [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    if (parents or [last])[0] in _READ_ONLY:
        return f"{path} cannot be changed"
    holder: Any = document
    for step in parents:
        holder = holder.get(step) if isinstance(holder, dict) else None
    return _change(holder, last, operation)


def _change(holder: Any, last: str, operation: dict[str, Any]) -> str | None:
    if isinstance(holder, list):
        if operation["op"] != "add" or last != "-":
            return "of an array only the whole can be replaced, or an element appended"
        holder.append(operation["value"])
        return None
    if not isinstance(holder, dict) or (operation["op"] != "add" and last not in holder):
        return f"{operation['path']} does not exist"
    if operation["op"] == "remove":
        del holder[last]
    else:
        holder[last] = operation["value"]
    return None
