"""Sources and mappers turn the same input into the same output, and leave the input alone."""

# ruff: noqa: S101  (a suite consists of assertions)
from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from pydantic import BaseModel

from crossdock.contract.component import type_arguments
from crossdock.errors import CrossdockError
from crossdock.jsonio import dumps, loads
from crossdock.testing.conformance.base import Part, bind_offline
from crossdock.testing.documents import check_document

_UGLY: tuple[Any, ...] = (None, [], {}, "text", 7, [None], {"": None})


class DocumentTests(Part):
    """`to_document` and `map`."""

    def test_to_document_is_pure(self) -> None:
        """A replay tomorrow gives what today gives; and so does the record as the store gives it back."""
        for sample in self.subject.sources:
            for raw in sample.raws:
                before = deepcopy(raw)
                first = sample.source.to_document(raw)
                assert raw == before, f"{type(sample.source).__name__} changes the record"
                assert sample.source.to_document(raw) == first
                assert sample.source.to_document(loads(dumps(raw))) == first

    def test_to_document_gives_what_the_source_declares(self) -> None:
        """`check` follows the types along the pipeline, so they must be true."""
        for sample in self.subject.sources:
            declared = type_arguments(type(sample.source))[1]
            assert sample.raws, f"the sample of {type(sample.source).__name__} has no raw records"
            for raw in sample.raws:
                assert isinstance(sample.source.to_document(raw), declared)

    def test_to_document_refuses_what_is_no_record_in_words_of_the_error_tree(self) -> None:
        """A malformed record stops itself alone, and its error quotes nothing of it."""
        for sample in self.subject.sources:
            for ugly in _UGLY:
                try:
                    sample.source.to_document(ugly)
                except CrossdockError:
                    continue
                except Exception as error:
                    raise AssertionError(f"{type(sample.source).__name__} raises {error!r} on {ugly!r}") from error

    def test_documents_survive_their_own_json(self) -> None:
        """A plan is shown, compared and mended as JSON."""
        for document in self._documents():
            if isinstance(document, BaseModel):
                assert type(document).model_validate_json(document.model_dump_json()) == document

    def test_documents_bear_what_their_classes_would_make_of_it(self) -> None:
        """`trusted` and `model_copy` validate nothing: a text where an amount belongs would show far from here."""
        mapped = [
            one
            for sample in self.subject.mappers
            for document in sample.documents
            for one in _several(sample.mapper.map(document, deepcopy(sample.context)))
        ]
        for document in [*self._documents(), *mapped]:
            check_document(document)

    def test_map_is_pure(self) -> None:
        """The same document and settings give the same plan, and the document stays."""
        for sample in self.subject.mappers:
            for document in sample.documents:
                before = deepcopy(document)
                first = sample.mapper.map(document, deepcopy(sample.context))
                assert document == before, f"{type(sample.mapper).__name__} changes the document"
                assert sample.mapper.map(document, deepcopy(sample.context)) == first

    def test_map_gives_what_the_mapper_declares(self) -> None:
        """From the declared type to the declared type."""
        for sample in self.subject.mappers:
            taken, given = type_arguments(type(sample.mapper))
            assert sample.documents, f"the sample of {type(sample.mapper).__name__} has no documents"
            for document in sample.documents:
                assert isinstance(document, taken)
                mapped = sample.mapper.map(document, deepcopy(sample.context))
                assert all(isinstance(one, given) for one in _several(mapped))

    def test_sources_read_and_sinks_send_only_when_bound(self) -> None:
        """Binding asks nothing of the network."""
        components = [sample.source for sample in self.subject.sources], [sample.sink for sample in self.subject.sinks]
        for component in (*components[0], *components[1]):
            bind_offline(component, self.subject.connection())

    def _documents(self) -> list[Any]:
        documents = [sample.source.to_document(raw) for sample in self.subject.sources for raw in sample.raws]
        documents += [document for sample in self.subject.mappers for document in sample.documents]
        return documents + [sample.document for sample in self.subject.sinks]


def _several(mapped: Any) -> Sequence[Any]:
    return mapped if isinstance(mapped, Sequence) else [mapped]
