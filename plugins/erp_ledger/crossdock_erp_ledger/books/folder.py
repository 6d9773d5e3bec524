"""The folder of the books: changed as a whole or not at all, by one process at a time, and never behind our back.

A change is prepared as complete new files beside the books. It counts from the moment in which the new head, which
names their digests, takes the place of the old one; then they take their places. Whoever opens the folder after a
crash finishes that. So no file is ever seen half-written, and nothing that was answered is lost.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from crossdock import jsonio

_STATE = ".crossdock"
ACCEPT = "accept"
"""A file of this name says that a person takes the books as they are; it is gone once that is noted."""
_ABOUT = b"What crossdock knows of the books beside it. Nothing here is to be edited; back it up with the books.\n"
_PATIENCE_S = 10.0
_LOOK_S = 0.02


class Busy(OSError):  # noqa: N818  (it says what the folder is)
    """Another process has had the books for too long."""


class NotBegun(OSError):  # noqa: N818  (it says how far it came)
    """A change could not be prepared, for want of room or of the right to write: nothing of it counts."""


class OtherBooks(Exception):  # noqa: N818  (it says what a folder holds)
    """The folder holds the books of somebody else, or of a newer version."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file as we left it. `touched` is when (ns); where that and the size are as ever, nobody has been at it."""

    size: int
    digest: str
    touched: int


class BooksFolder:
    """The files of one company's books."""

    def __init__(self, path: Path, book: str) -> None:
        self.path = path
        self._book = book
        self._state = path / _STATE
        self._new = self._state / "new"

    @property
    def is_there(self) -> bool:
        """Whether anything was ever written here."""
        return self._state.is_dir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Have the folder for oneself; what a killed process left half-done is finished. Raises: OSError, Busy."""
        if not self._new.is_dir():
            self._new.mkdir(parents=True, exist_ok=True)
            (self._state / "README").write_bytes(_ABOUT)
        with (self._state / "lock").open("ab") as file:
            self._wait(file.fileno())
            self._settle()
            yield

    def _wait(self, descriptor: int) -> None:
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Busy(f"another process has had the books for {_PATIENCE_S:.0f} s") from None
                time.sleep(_LOOK_S)  # the kernel wakes nobody who also minds the clock

    @property
    def is_accepted(self) -> bool:
        """Whether a person says that what stands in the files now is what counts."""
        return (self._state / ACCEPT).exists()

    def accept(self, names: Iterable[str]) -> None:
        """Take these files as they are."""
        found = {name: (self.path / name).stat() for name in names}
        stamps = {name: Stamp(s.st_size, _digest(self.read(name)), s.st_mtime_ns) for name, s in found.items()}
        self._replace_head(self._draft_head(stamps))
        (self._state / ACCEPT).unlink()

    def names(self) -> list[str]:
        """The files that there are."""
        return sorted(one.name for one in self.path.iterdir() if one.is_file())

    def stamps(self) -> dict[str, Stamp]:
        """Every file that we wrote, as we left it. Raises: OtherBooks."""
        return _stamps(self._head())

    def _head(self) -> dict[str, Any]:
        try:
            head: dict[str, Any] = jsonio.loads((self._state / "head.json").read_bytes())
        except FileNotFoundError:
            return {}
        if head.get("version") != 1 or head.get("book") != self._book:
            raise OtherBooks(f"the folder holds the books of {head.get('book')}, in version {head.get('version')}")
        return head

    def is_as_left(self, name: str, stamp: Stamp, *, thoroughly: bool = False) -> bool:
        """Whether a file is as we left it; `thoroughly` also where its size and time are."""
        try:
            seen = (self.path / name).stat()
            if seen.st_size != stamp.size:
                return False
            if seen.st_mtime_ns == stamp.touched and not thoroughly:
                return True
            return _digest((self.path / name).read_bytes()) == stamp.digest
        except OSError:
            return False

    def read(self, name: str) -> bytes:
        """A file's contents; nothing where it is not there."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return b""

    def commit(self, changed: Mapping[str, bytes | bytearray], gone: frozenset[str] = frozenset()) -> None:
        """Put new files in the place of old ones, all or none; they are on disk then.

        Raises: NotBegun where everything is as it was; any other OSError where that is not known.
        """
        stamps = {name: stamp for name, stamp in self.stamps().items() if name not in gone}
        try:
            for name, data in changed.items():
                stamps[name] = _write(self._new / name, data)
            _sync(self._new)
            head = self._draft_head(stamps, gone)
        except OSError as error:
            raise NotBegun(error.errno, error.strerror) from error
        self._replace_head(head)
        self._settle()

    def _draft_head(self, stamps: Mapping[str, Stamp], gone: Iterable[str] = ()) -> Path:
        files = {name: [one.size, one.digest, one.touched] for name, one in sorted(stamps.items())}
        head = {"version": 1, "book": self._book, "files": files, "gone": sorted(gone)}
        draft = self._state / "head.new"
        _write(draft, jsonio.dumps(head))
        return draft

    def _replace_head(self, draft: Path) -> None:
        draft.replace(self._state / "head.json")
        _sync(self._state)

    def _settle(self) -> None:
        """Give the files of the last change their places; drop drafts of one that never counted."""
        head = self._head()
        stamps, gone = _stamps(head), [self.path / name for name in head.get("gone", ())]
        drafts, gone = sorted(self._new.iterdir()), [path for path in gone if path.exists()]
        for draft in drafts:
            stamp = stamps.get(draft.name)
            if stamp is not None and _digest(draft.read_bytes()) == stamp.digest:
                draft.replace(self.path / draft.name)
            else:
                draft.unlink()
        for path in gone:
            path.unlink()
        if drafts or gone:
            _sync(self.path)


def _stamps(head: Mapping[str, Any]) -> dict[str, Stamp]:
    return {name: Stamp(*values) for name, values in head.get("files", {}).items()}


def _write(path: Path, data: bytes | bytearray) -> Stamp:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        return Stamp(len(data), _digest(data), os.fstat(file.fileno()).st_mtime_ns)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(data: bytes | bytearray) -> str:
    return sha256(data).hexdigest()
