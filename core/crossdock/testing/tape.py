"""The file of one cassette: vcrpy's format, below comments that say where it comes from and when."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossdock.testing.extra import needed

_CLOCK = re.compile(r"^# clock: (\S+)$", re.MULTILINE)
_TYPED = re.compile(r"^# typed\b", re.IGNORECASE)
_DEFAULT_NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class Heading:
    """The comments at the top: the origin, and the time at which clocks stand still."""

    def __init__(self, origin: str, now: datetime) -> None:
        self.origin = origin
        self.now = now

    @classmethod
    def read(cls, text: str) -> Heading:
        """Read it back. Raises: ValueError where a cassette does not say where it comes from."""
        first = text.partition("\n")[0]
        if not re.match(r"# (recorded|typed) \w", first):
            raise ValueError("its first line must say where it comes from: `# recorded against …` or `# typed from …`")
        found = _CLOCK.search(text)
        return cls(first[2:], datetime.fromisoformat(found[1]) if found else _DEFAULT_NOW)

    @property
    def is_typed(self) -> bool:
        """Whether a person wrote the cassette, so that it is never recorded over."""
        return _TYPED.match(f"# {self.origin}") is not None

    def __str__(self) -> str:
        return f"# {self.origin}\n# clock: {self.now.isoformat()}\n"


class HeadedYaml:
    """vcrpy's own YAML, with the heading that its serializer would drop."""

    def __init__(self, heading: Heading) -> None:
        self._heading = heading
        self._yaml = needed("vcr.serializers.yamlserializer")

    def serialize(self, cassette: Any) -> str:
        """Write."""
        return f"{self._heading}{self._yaml.serialize(cassette)}"

    def deserialize(self, text: str) -> Any:
        """Read; the heading is a comment."""
        return self._yaml.deserialize(text)


def heading_of(path: Path) -> Heading | None:
    """The heading of a cassette, or None where there is no such file. Raises: ValueError, naming the file."""
    try:
        return Heading.read(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def new_tape(path: Path) -> Any:
    """An empty vcrpy cassette, to record on."""
    vcr = needed("vcr")
    return needed("vcr.cassette").Cassette(path=str(path), record_mode=vcr.mode.ALL, match_on=_matchers())


def load_tape(path: Path) -> Any:
    """A vcrpy cassette to replay. Raises: FileNotFoundError; ValueError where it is none."""
    if not path.is_file():
        raise FileNotFoundError(path)
    vcr = needed("vcr")
    return needed("vcr.cassette").Cassette.load(path=str(path), record_mode=vcr.mode.NONE, match_on=_matchers())


def save_tape(path: Path, heading: Heading, requests: list[Any], responses: list[Any]) -> None:
    """Write what was recorded, whole or not at all."""
    persister = needed("vcr.persisters.filesystem").FilesystemPersister
    part = path.with_name(f"{path.name}.part")
    persister.save_cassette(str(part), {"requests": requests, "responses": responses}, HeadedYaml(heading))
    part.replace(path)


def _matchers() -> list[Any]:
    matchers = needed("vcr.matchers")
    return [matchers.method, matchers.uri, matchers.body]
