"""What stands in the books of one format: which entries there are, and where."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping

from crossdock_erp_ledger.books.booked import Booked, Unreadable, from_members
from crossdock_erp_ledger.books.folder import BooksFolder, Stamp
from crossdock_erp_ledger.books.format import Format, read_all

LARGEST_PART = 4 * 1024 * 1024
"""Above this a period goes on in another file, so that adding to it costs the same whatever the period holds."""

_PART = re.compile(r"(\d{4}-\d\d)(?:\.(\d+))?")


class Shelf:
    """An index of the entries in the parts of one format, kept while the process lives."""

    def __init__(self, folder: BooksFolder, form: Format) -> None:
        self._folder = folder
        self.form = form
        self.places: dict[str, tuple[str, int]] = {}
        """Where each entry stands: its file, and at which byte."""
        self.totals: dict[str, str] = {}
        """In which entry those stand that were posted in a total."""
        self._seen: dict[str, Stamp] = {}
        self._keys: dict[str, list[str]] = {}
        self._members: dict[str, list[str]] = {}

    def refresh(self, stamps: Mapping[str, Stamp]) -> None:
        """Look at the parts that changed since. Raises: Unreadable."""
        parts = {name: stamp for name, stamp in stamps.items() if self.is_part(name)}
        for name in self._seen.keys() - parts.keys():
            self._forget(name)
        for name, stamp in parts.items():
            if self._seen.get(name) != stamp:
                self._forget(name)
                self._index(name, self._folder.read(name))
                self._seen[name] = stamp

    def is_part(self, name: str) -> bool:
        """Whether a file holds entries of this format."""
        return name.endswith(self.form.suffix) and _PART.fullmatch(name.removesuffix(self.form.suffix)) is not None

    def parts(self) -> list[str]:
        """The files with entries, oldest first."""
        return sorted(self._seen, key=sequence)

    def files(self) -> list[str]:
        """The files with entries that are in the folder, whether they can be indexed or not."""
        return sorted((name for name in self._folder.names() if self.is_part(name)), key=sequence)

    def parts_of(self, period: str) -> list[str]:
        """The files of one period."""
        return [name for name in self.parts() if sequence(name)[0] == period]

    def find(self, key: str) -> Booked | None:
        """The entry of that name, or the total that it was posted in."""
        place = self.places.get(self.totals.get(key, key))
        return None if place is None else self._read(*place)

    def entries(self, parts: Iterable[str], having: str = "") -> Iterator[Booked]:
        """All entries of these files, as they stand there, or those with this text in them. Raises: Unreadable."""
        for name in parts:
            try:
                yield from read_all(self.form, self._folder.read(name).decode(), having)
            except Unreadable as fault:
                raise fault.of(name) from None

    def add(self, period: str, entries: Iterable[Booked], changed: dict[str, bytearray]) -> None:
        """Put entries behind the others of their period: into `changed`, which holds files that are to be written."""
        name = max(self.parts_of(period), key=sequence, default=f"{period}{self.form.suffix}")
        data = bytearray(self._folder.read(name)) if name in self._seen else bytearray()
        for booked in entries:
            if len(data) >= LARGEST_PART:
                name, data = f"{period}.{sequence(name)[1] + 1}{self.form.suffix}", bytearray()
            if not data:
                data += f"; Entries of {period}, written by crossdock: they are added to, never changed.\n".encode()
            data += self.form.entry(booked).encode()
            changed[name] = data

    def _index(self, name: str, data: bytes) -> None:
        keys = self._keys[name] = []
        members = self._members[name] = []
        starts = []
        for found in self.form.keys.finditer(data):
            key = self.form.text(found[1].decode())
            if key in self.places:
                line = data.count(b"\n", 0, found.start(1)) + 1
                raise Unreadable(line, f"{key} stands in the books twice").of(name)
            self.places[key] = (name, data.rfind(b"\n\n", 0, found.start()) + 2)
            keys.append(key)
            starts.append(found.start())
        for found in self.form.members.finditer(data):
            total = keys[bisect(starts, found.start()) - 1]  # the members of an entry stand behind its name
            for member in from_members(self.form.text(found[1].decode())):
                self.totals[member] = total
                members.append(member)

    def _forget(self, name: str) -> None:
        for key in self._keys.pop(name, ()):
            del self.places[key]
        for member in self._members.pop(name, ()):
            self.totals.pop(member, None)
        self._seen.pop(name, None)

    def _read(self, name: str, start: int) -> Booked:
        data = self._folder.read(name)
        end = data.find(b"\n\n", start)
        block = data[start : len(data) if end < 0 else end].decode()
        return self.form.read(block.rstrip("\n"), data.count(b"\n", 0, start) + 1)


def sequence(name: str) -> tuple[str, int]:
    """What the files of entries are sorted by: their period, and which file of it they are."""
    found = _PART.match(name)
    return (name, 0) if found is None else (found[1], int(found[2] or 1))
