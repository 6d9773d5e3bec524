"""Diagnostics for a helper, in one zip file: what is installed, how it stands, nothing secret or personal."""

from __future__ import annotations

import os
import platform
import re
import zipfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import anyio

from crossdock import jsonio
from crossdock.cli import accounts
from crossdock.cli.options import Options
from crossdock.cli.outline import Outline, read_outline
from crossdock.cli.shapes import of_delivery, of_status
from crossdock.cli.vault import store_exists
from crossdock.clock import SystemClock
from crossdock.config import Faults
from crossdock.errors import ConfigError, CrossdockError
from crossdock.observe.redact import redact_json, redact_text
from crossdock.observe.sensitive import is_personal, is_secret
from crossdock.registry.installed import installed
from crossdock.store.open import open_store
from crossdock.store.rows import State

_ENTRY = re.compile(r"([\w.-]+)(\s*:\s*)(?![\s{\[])(\"[^\"]*\"|'[^']*'|[^,}\]{#\n]+)")
_BLOCK = re.compile(r"^([ -]*)([\w.-]+)(\s*:\s*)[|>][^\n]*\n((?:\1 +[^\n]*\n?|\s*\n)+)", re.MULTILINE)
_NEWEST = 200


def write_bundle(path: Path, options: Options, examined: Mapping[str, Any]) -> None:
    """Write it, readable by its owner only. Raises: ConfigError where it cannot be written."""
    parts = {"doctor.json": examined, "versions.json": _versions(), **anyio.run(_stand, options)}
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, content in parts.items():
                bundle.writestr(name, jsonio.dumps(redact_json(content)))
            bundle.writestr("definition.yaml", mask(_read(options.file)))
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", fix="name another file") from None


def mask(definition: str) -> str:
    """A definition without secrets and personal values; references stay, since they show nothing."""
    return redact_text(_ENTRY.sub(_masked, _BLOCK.sub(_masked_block, definition)))


def _masked(match: re.Match[str]) -> str:
    key, colon, value = match.groups()
    refers = value.strip().strip("\"'").startswith("${")
    return f"{key}{colon}'***'" if _hides(key) and not refers else match.group(0)


def _masked_block(match: re.Match[str]) -> str:
    indent, key, colon, _ = match.groups()
    return f"{indent}{key}{colon}'***'\n" if _hides(key) else match.group(0)


def _hides(key: str) -> bool:
    return is_secret(key) or is_personal(key)


def _versions() -> dict[str, Any]:
    names = ("crossdock", "httpx", "aiohttp", "anyio", "pydantic", "structlog", "cryptography")
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "distributions": {name: _version(name) for name in names},
        "plugins": {plugin.name: f"{plugin.distribution} {plugin.version}" for plugin in installed()},
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


async def _stand(options: Options) -> dict[str, Any]:
    try:
        outline = read_outline(options.file)
        return await _look(outline) if store_exists(outline) else {}
    except Faults:
        return {}
    except CrossdockError as error:
        return {"store.json": {"error": error.message}}


async def _look(outline: Outline) -> dict[str, Any]:
    """How pipelines and accounts stand, the deliveries that need a person, and the log's end without its words."""
    async with open_store(outline.store, clock=SystemClock(), folder=outline.folder) as store:
        statuses = [of_status(one, outline.customers.get(one.name)) for one in await store.status([*outline.customers])]
        troubled = await store.deliveries(states=[State.HELD, State.DEAD], limit=_NEWEST)
        limits = accounts.shape(
            await store.outages(), await store.all_credentials(), await store.quotas(), await store.drift()
        )
        head = await store.audit_head()
        rows = [] if head is None else await store.audit_page(max(0, head.seq - _NEWEST), head.seq, _NEWEST)
    return {
        "status.json": {"pipelines": statuses, **limits},
        "deliveries.json": {"deliveries": [of_delivery(one) for one in troubled]},
        "audit.json": {"rows": [{"seq": row.seq, "kind": row.kind, "hash": row.hash.hex()} for row in rows]},
    }


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return "# it cannot be read\n"
