"""`crossdock secrets`: set, list, remove, a new key to encrypt them with, and all of them under it."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, json_option, pass_options
from crossdock.errors import ConfigError

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline
    from crossdock.store.cipher import Key

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_LARGEST = 64 * 1024
_OTHERS = 0o077


@click.group()
def secrets() -> None:
    """Keep secrets, encrypted in the store, for ${secret:NAME} in the file.

    They are sealed with a key that lies elsewhere: the systemd credential crossdock.key, the file that
    $CROSSDOCK_KEY_FILE names, or $CROSSDOCK_KEY.
    """


@secrets.command("set")
@click.argument("name")
@click.option("--file", "source", type=click.Path(path_type=Path), help="Take the value from a file of mode 0600.")
@pass_options
def set_secret(options: Options, name: str, source: Path | None) -> None:
    """Store a secret, or replace it; the value is asked for without showing it, or read from stdin."""
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.cli.vault import load_key

    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be the name of a secret", fix="use letters, digits, dots, dashes and underscores"
        )
    outline = read_outline(options.file)
    if load_key() is None:
        raise _no_key()
    value = _value(name, source)
    anyio.run(_put, outline, name, value)
    click.echo(f"{name} is stored; write ${{secret:{name}}} in {options.file}")


@secrets.command("list")
@json_option
@pass_options
def list_secrets(options: Options, as_json: bool) -> None:
    """List the names of the stored secrets, and which the file needs. Needs no key."""
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.cli.render import moment, table
    from crossdock.cli.shapes import iso, print_json
    from crossdock.cli.vault import stored_secrets

    outline = read_outline(options.file)
    stored = anyio.run(stored_secrets, outline)
    names = sorted({*stored, *outline.needs_secrets})
    if as_json:
        rows = [
            {"name": name, "set_at": iso(stored.get(name)), "needed": name in outline.needs_secrets} for name in names
        ]
        print_json({"secrets": rows})
    elif names:
        shown = [
            [name, moment(stored.get(name)) or "not stored", "yes" if name in outline.needs_secrets else "no"]
            for name in names
        ]
        click.echo(table(["secret", "set", "needed by the file"], shown))
    else:
        click.echo("no secrets are stored, and the file needs none")


@secrets.command()
@click.argument("name")
@pass_options
def remove(options: Options, name: str) -> None:
    """Forget a secret. Needs no key."""
    import anyio

    from crossdock.cli.outline import read_outline

    outline = read_outline(options.file)
    if not anyio.run(_remove, outline, name):
        raise ConfigError(f"the secret {name} is not stored", fix="`crossdock secrets list` shows which are")
    click.echo(f"{name} is removed")
    if name in outline.needs_secrets:
        click.echo(f"{options.file} still needs it: ${{secret:{name}}}", err=True)


@secrets.command("new-key")
@click.argument("path", type=click.Path(path_type=Path))
def new_key(path: Path) -> None:
    """Write a new key into a file that only its owner may read. Never writes over one."""
    from crossdock.store.cipher import FILE_VARIABLE, Key

    key = Key.generate()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise ConfigError(
            f"{path} exists already", fix="name another file: what is sealed opens only with its key"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", fix="name a file in a writable folder"
        ) from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        os.fchmod(descriptor, 0o600)
        file.write(f"{key.to_text()}\n")
        file.flush()
        os.fsync(descriptor)
    click.echo(f"key {key.id} is in {path}; keep a copy apart from the store, without it no secret can be opened")
    click.echo(f"  next: export {FILE_VARIABLE}={path.resolve()}")


@secrets.command()
@click.argument("path", type=click.Path(path_type=Path))
@pass_options
def rekey(options: Options, path: Path) -> None:
    """Seal all secrets and tokens under the new key in PATH, all or none.

    The present key must be given as always; `secrets new-key PATH` makes a new one. No run may be on its way. From then
    on the new key is the one to give; keep the old one as long as backups need it.
    """
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.cli.render import counted
    from crossdock.store.cipher import FILE_VARIABLE, Key

    new = Key.from_file(path)
    changed = anyio.run(_rekey, read_outline(options.file), new)
    click.echo(f"{counted(changed, 'row is', 'rows are')} sealed under key {new.id} now")
    click.echo(f"  next: give the new key wherever crossdock is started: export {FILE_VARIABLE}={path.resolve()}")


async def _rekey(outline: Outline, new: Key) -> int:
    from crossdock.cli.marking import actor
    from crossdock.cli.vault import load_key, store_exists
    from crossdock.clock import SystemClock
    from crossdock.store.open import open_store

    if not store_exists(outline):
        raise ConfigError("there is no store yet", fix="`crossdock run` makes it", code="no_store")
    clock = SystemClock()
    async with open_store(outline.store, clock=clock, key=load_key(), folder=outline.folder) as store:
        async with store.running([]):  # a run would ask for its tokens with the old key
            changed = await store.rekey(new, actor=actor(), at=clock.now())
        await store.tidy()
        return changed


async def _put(outline: Outline, name: str, value: str) -> None:
    from crossdock.cli.vault import load_key
    from crossdock.clock import SystemClock
    from crossdock.store.open import open_store

    clock = SystemClock()
    async with open_store(outline.store, clock=clock, key=load_key(), folder=outline.folder) as store:
        await store.put_secret(name, value, clock.now())


async def _remove(outline: Outline, name: str) -> bool:
    from crossdock.cli.vault import store_exists
    from crossdock.clock import SystemClock
    from crossdock.store.open import open_store

    if not store_exists(outline):
        return False
    async with open_store(outline.store, clock=SystemClock(), folder=outline.folder) as store:
        return await store.remove_secret(name)


def _no_key() -> ConfigError:
    return ConfigError(
        "there is no key to encrypt secrets with",
        code="key_missing",
        fix="`crossdock secrets new-key crossdock.key`, then `export CROSSDOCK_KEY_FILE=$PWD/crossdock.key`",
    )


def _value(name: str, source: Path | None) -> str:
    if source is not None:
        text = _from_file(source)
    elif sys.stdin.isatty():
        text = click.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True, err=True)
    else:
        text = _decoded(sys.stdin.buffer.read(_LARGEST + 1), "stdin")
    value = text.removesuffix("\n").removesuffix("\r")
    if not value.strip():
        raise ConfigError(f"the value of {name} is empty", fix="give it a value")
    return value


def _from_file(source: Path) -> str:
    try:
        with source.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISREG(mode) and mode & _OTHERS:
                raise ConfigError(
                    f"{source} may be read by others than its owner (mode {mode & 0o777:04o})",
                    fix=f"`chmod 600 {source}`, and change the secret if others may have seen it",
                )
            return _decoded(file.read(_LARGEST + 1), str(source))
    except OSError as error:
        raise ConfigError(f"{source} cannot be read: {error.strerror}", fix="name a readable text file") from None


def _decoded(body: bytes, where: str) -> str:
    if len(body) > _LARGEST:
        raise ConfigError(f"{where} holds more than 64 KiB", fix="give only the value")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{where} holds no UTF-8 text", fix="encode a binary value as base64 first") from None
