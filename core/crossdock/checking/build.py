"""Builds one component from its entries; every complaint of its model gets the exact position it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from crossdock.checking.complaints import Complaint, combine, read_complaint, suggest
from crossdock.checking.section import Section, is_broken, position
from crossdock.checking.values import Values, annotation_of, fields_by_key, key_of
from crossdock.config import Entry, Findings, Items, Mark, Node, Scalar, Table, describe
from crossdock.contract.paths import FOLDER

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an error's location leads: the innermost entry or item that the file has of it."""

    key: str
    mark: Mark
    node: Node | None
    entry: Entry | None = None


def build(
    model: type[ModelT],
    section: Section,
    findings: Findings,
    *,
    given: Mapping[str, Any] | None = None,
    spoilt: Iterable[str] = (),
    literal_secrets: bool = False,
) -> ModelT | None:
    """The component, or None after reports.

    `given` are values that core made; `spoilt` are keys whose values were reported already and are left out;
    `literal_secrets` says that a secret may stand in the file as it is.
    """
    builder = _Builder(model, section, findings, frozenset(spoilt))
    made: ModelT | None = builder.build(dict(given or {}))
    if not literal_secrets:
        builder.warn_of_literal_secrets()
    return made


class _Builder:
    def __init__(self, model: type[Any], section: Section, findings: Findings, spoilt: frozenset[str]) -> None:
        self._model = model
        self._section = section
        self._findings = findings
        self._spoilt = spoilt
        self._context = {FOLDER: Path(section.table.mark.file).parent}
        self._entries = {key: entry for key, entry in section.rest().items() if key not in spoilt}
        self._values = Values()
        self._whole = not spoilt and not any(_is_spoilt(entry.value) for entry in self._entries.values())

    def build(self, given: dict[str, Any]) -> Any:
        values = self._values.of_model(self._model, self._entries.values())
        for node in self._values.literal_secrets:
            self._findings.hide(node.text, "…")
        try:
            made = self._model.model_validate({**values, **given}, context=self._context)
        except ValidationError as error:
            self._report(error)
            return None
        except Exception as error:  # noqa: BLE001  (a stranger's validator may raise anything)
            self._report_failure(error)
            return None
        self._check_times(made)
        return made if self._whole else None

    def _report(self, error: ValidationError) -> None:
        grouped: dict[tuple[str, Mark], tuple[_Place, list[Complaint]]] = {}
        for detail in error.errors(include_url=False, include_input=False):
            place = self._locate(detail["loc"])
            if detail["type"] == "missing":
                self._report_missing(detail["loc"], place)
            elif detail["type"] == "extra_forbidden" and place.entry is not None:
                self._report_unknown(detail["loc"], place.entry)
            elif not self._is_excused(place):
                annotation = annotation_of(fields_by_key(self._model).get(str((*detail["loc"], "")[0])))
                grouped.setdefault((place.key, place.mark), (place, []))[1].append(read_complaint(detail, annotation))
        for place, complaints in grouped.values():
            self._complain(place, combine(complaints))

    def _report_missing(self, location: tuple[str | int, ...], place: _Place) -> None:
        key = str(location[-1])
        if len(location) == 1:
            if key not in self._spoilt:
                self._section.missing(key, fix=f"add `{key}: …`", valid=self._valid())
        else:
            self._findings.add(place.mark, "missing_key", f"`{place.key}` needs `{key}`", fix=f"add `{key}: …`")

    def _valid(self) -> str:
        return f"its keys: {', '.join(sorted(fields_by_key(self._model)))}"

    def _report_unknown(self, location: tuple[str | int, ...], entry: Entry) -> None:
        if len(location) == 1:
            self._section.refuse_key(entry, fields_by_key(self._model))
        else:
            message = f"there is no key '{entry.key}' in `{location[0]}` of {self._section.what}"
            self._findings.add(entry.mark, "unknown_key", message, fix=f"remove `{entry.key}`")

    def _is_excused(self, place: _Place) -> bool:
        """Whether the complaint is, or may be, a consequence of what was reported already."""
        return _is_spoilt(place.node) if place.node is not None else not self._whole

    def _complain(self, place: _Place, complaint: Complaint) -> None:
        what = self._section.what
        node = place.node
        if complaint.sentence is not None:
            about, fix = (what, "correct its keys") if node is None else (f"`{place.key}` of {what}", None)
            fix = fix or suggest(complaint, place.key, None)
            self._add(place, complaint, f"{about}: {complaint.sentence}", fix)
            return
        if isinstance(node, Scalar) and node.template is not None and node.template.secretive:
            message = f"`{place.key}` of {what} is no field for secrets: its value is shown in logs and messages"
            self._add(place, complaint, message, "use ${env:NAME}, or write the value")
            return
        shown = self._is_shown(node)
        found = describe(node) if shown and node is not None else "a value that is not shown here"
        if isinstance(node, Scalar) and node.template is not None:
            found = f"another value in {node.text}"
        message = f"`{place.key}` of {what} must be {complaint.expected}; found {found}"
        text = None
        if isinstance(node, Scalar) and node.template is None:
            text = node.text if shown else "…"
        self._add(place, complaint, message, suggest(complaint, place.key, text))

    def _is_shown(self, node: Node | None) -> bool:
        return node is not None and id(node) not in self._values.hidden

    def _add(self, place: _Place, complaint: Complaint, message: str, fix: str) -> None:
        valid = f"valid: {', '.join(complaint.choices)}" if complaint.choices else None
        self._findings.add(place.mark, complaint.code, message, valid=valid, fix=fix)

    def _report_failure(self, error: Exception) -> None:
        self._findings.add(
            self._section.owner,
            "broken_component",
            f"{self._section.what} failed while it read its settings ({type(error).__name__})",
            fix="report this to the plugin's author",
        )

    def _locate(self, location: tuple[str | int, ...]) -> _Place:
        """Follow a location as far as the file goes; what pydantic adds to it (tags, members of unions) is no key."""
        place = _Place(self._section.what, self._section.owner, None)
        for index, step in enumerate(location):
            below = self._entries.get(str(step)) if place.node is None else _child(place.node, step)
            if isinstance(below, Entry):
                # A key that is itself wrong is reported where it stands; one too many, too.
                mark = below.mark if "[key]" in location[index:] else position(below)
                place = _Place(below.key, mark, below.value, below)
            elif below is not None:
                place = _Place(place.key, below.mark, below)
        return place

    def _check_times(self, made: BaseModel) -> None:
        """Refuse times without a zone, and numbers where pydantic would see seconds since 1970."""
        for name, field in self._model.model_fields.items():
            entry = self._entries.get(key_of(name, field))
            value = getattr(made, name)
            if entry is None or not isinstance(value, datetime) or not isinstance(entry.value, Scalar):
                continue
            written = entry.value.value
            number = not isinstance(written, str) or written.strip().lstrip("-").replace(".", "", 1).isdigit()
            if value.tzinfo is None or number:
                self._refuse_time(entry, "2026-11-01" if number else f"{value:%Y-%m-%dT%H:%M:%S}")

    def _refuse_time(self, entry: Entry, start: str) -> None:
        found = describe(entry.value)
        message = f"`{entry.key}` of {self._section.what} must be a date and time with its zone; found {found}"
        example = f"{start}T00:00:00Z" if len(start) == 10 else f"{start}Z"
        self._findings.add(position(entry), "bad_value", message, fix=f"write `{entry.key}: {example}`")
        self._whole = False

    def warn_of_literal_secrets(self) -> None:
        """Report secrets that anybody who reads the file can see."""
        for node in self._values.literal_secrets:
            message = f"a secret stands in the file as it is, in {self._section.what}"
            fix = "run `crossdock secrets set NAME` and write ${secret:NAME}"
            self._findings.warn(node.mark, "literal_secret", message, fix=fix)


def _child(node: Node, step: str | int) -> Entry | Node | None:
    if isinstance(node, Table):
        return node.entries.get(str(step))
    if isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None


def _is_spoilt(node: Node | None) -> bool:
    if isinstance(node, Table):
        return any(_is_spoilt(entry.value) for entry in node)
    if isinstance(node, Items):
        return any(_is_spoilt(item) for item in node.items)
    return node is not None and is_broken(node)
