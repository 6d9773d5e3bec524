"""Sealing secrets and tokens: AES-256-GCM, bound to the row that they lie in, under a key kept elsewhere."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from crossdock.errors import ConfigError

CREDENTIAL = "crossdock.key"
"""The name of the systemd credential."""
FILE_VARIABLE = "CROSSDOCK_KEY_FILE"
VARIABLE = "CROSSDOCK_KEY"

_LENGTH, _NONCE = 32, 12  # bytes
_OTHERS = 0o077
_HOW = (
    "provide a key: the systemd credential `crossdock.key`, or a file named by `CROSSDOCK_KEY_FILE` that only its "
    "owner may read, or `CROSSDOCK_KEY`; `openssl rand -base64 32` makes one"
)


class Key:
    """A key of 256 bits. `id` names it and tells nothing of it."""

    __slots__ = ("_bytes", "id")

    def __init__(self, key: bytes) -> None:
        if len(key) != _LENGTH:
            raise ConfigError(f"a key has {_LENGTH} bytes, not {len(key)}", fix="`openssl rand -base64 32` makes one")
        self._bytes = key
        self.id = hashlib.sha256(b"crossdock key id:" + key).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"Key(id={self.id!r})"

    @classmethod
    def generate(cls) -> Self:
        """A new random key."""
        return cls(os.urandom(_LENGTH))

    @classmethod
    def parse(cls, text: str, *, where: str) -> Self:
        """Read a key from base64 or hex. Raises: ConfigError, which shows nothing of the text."""
        return cls(_decode("".join(text.split()), where))

    @classmethod
    def load(cls, env: Mapping[str, str], credentials_directory: Path | None) -> Self | None:
        """The key of this process; None where none is given.

        The first that is there counts: the systemd credential `crossdock.key`, the file that `$CROSSDOCK_KEY_FILE`
        names, `$CROSSDOCK_KEY`. Raises: ConfigError where it is no key, or others may read its file.
        """
        if credentials_directory is not None and (credential := credentials_directory / CREDENTIAL).exists():
            return cls.parse(_read(credential), where=f"the systemd credential {CREDENTIAL}")
        if name := env.get(FILE_VARIABLE):
            return cls.from_file(Path(name), where=f"{FILE_VARIABLE} ({name})")
        if VARIABLE in env:
            return cls.parse(env[VARIABLE], where=VARIABLE)
        return None

    @classmethod
    def from_file(cls, path: Path, where: str | None = None) -> Self:
        """The key in a file. Raises: ConfigError where it is no key, or others may read it."""
        _refuse_shared(path)
        return cls.parse(_read(path), where=where or str(path))

    def to_text(self) -> str:
        """The key itself in base64, to be written where only its owner may read."""
        return base64.b64encode(self._bytes).decode()

    def pepper(self) -> bytes:
        """What digests are keyed by; the key itself cannot be found from it."""
        return hashlib.sha256(b"crossdock pepper:" + self._bytes).digest()

    def seal(self, plain: bytes, *, table: str, name: str) -> bytes:
        """Encrypt for one row; in another row it cannot be opened."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # loaded only where something is sealed

        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._bytes).encrypt(nonce, plain, _place(table, name))

    def open(self, sealed: bytes, *, table: str, name: str) -> bytes:
        """Decrypt what `seal` made for this row. Raises: ConfigError where it was changed or moved."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(self._bytes).decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(table, name))
        except (InvalidTag, ValueError) as error:
            raise ConfigError(
                f"{table} row {name} was changed or moved: it does not open under its own key {self.id}",
                code="sealed_damaged",
                fix=f"set it again: `crossdock secrets set {name}`" if table == "secrets" else "authorize again",
            ) from error


def open_sealed(key: Key | None, sealed: bytes, *, key_id: str, table: str, name: str) -> bytes:
    """Open a row that says which key it needs. Raises: ConfigError naming that key and the one that was given."""
    what = f"secret {name}" if table == "secrets" else f"the stored token of {name}"
    if key is None:
        raise ConfigError(f"{what} needs key {key_id}, and no key was given", code="key_missing", fix=_HOW)
    if key.id != key_id:
        raise ConfigError(
            f"{what} needs key {key_id}, but key {key.id} was given",
            code="key_wrong",
            fix=f"give key {key_id}, or set it again under the new key",
        )
    return key.open(sealed, table=table, name=name)


def fingerprint(key: Key | None, salt: bytes, material: bytes) -> bytes:
    """What tells credentials from others, and them to nobody: keyed by the key where there is one, and by the salt."""
    return hmac.digest(salt + (b"" if key is None else key.pepper()), b"crossdock credentials\0" + material, "sha256")


def need_key(key: Key | None, purpose: str) -> Key:
    """The key. Raises: ConfigError where there is none, saying how to give one."""
    if key is None:
        raise ConfigError(f"{purpose} needs a key, and none was given", code="key_missing", fix=_HOW)
    return key


def _place(table: str, name: str) -> bytes:
    return f"crossdock\0{table}\0{name}".encode()


def _decode(text: str, where: str) -> bytes:
    try:
        if len(text) == 2 * _LENGTH:
            return bytes.fromhex(text)
        key = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != _LENGTH:
        raise ConfigError(
            f"{where} holds no key: {_LENGTH} bytes in base64 or hex are wanted (a pass phrase is not a key)",
            code="key_malformed",
            fix="`openssl rand -base64 32` makes one",
        ) from None
    return key


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise ConfigError(
            f"the key file {path} cannot be read: {error.strerror}", code="key_unreadable", fix=_HOW
        ) from error
    except UnicodeDecodeError:
        raise ConfigError(
            f"the key file {path} holds no key: base64 or hex is wanted", code="key_malformed", fix=_HOW
        ) from None


def _refuse_shared(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # reading says why
    if mode & _OTHERS:
        raise ConfigError(
            f"the key file {path} may be read by others than its owner (mode {mode & 0o777:04o})",
            code="key_shared",
            fix=f"`chmod 600 {path}`",
        )
