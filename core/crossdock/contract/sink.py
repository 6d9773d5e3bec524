"""Sinks say what to send, read the answer, and can tell whether it was done. Core sends."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar, Generic, Literal, TypeVar

from crossdock.canonical.measuring import Measure
from crossdock.contract.component import Connected, ConnectionT
from crossdock.contract.values import Answers, Bundle, CannotTell, Effect, Known, Later, Probe, Receipt, SettledEffect
from crossdock.http.types import Request

DocumentT = TypeVar("DocumentT")


class Sink(Connected[ConnectionT], Generic[ConnectionT, DocumentT]):
    """One kind of change in one connection: `Sink[CartonCloudConnection, SaleOrder]` accepts sale orders.

    Override `settles_after`, `probe_first` or `refuses_duplicates` as a property where it depends on settings.
    """

    kind: ClassVar[Literal["create", "state", "post"]]
    """`create`: made once, a change is held. `state`: the newest content wins. `post`: undone only by a reversal."""
    not_done: ClassVar[frozenset[int]] = frozenset({429})
    """Statuses of a write that assert that nothing was done."""
    makes: ClassVar[str] = ""
    """The `kind` of its receipts, where what it makes has an id of its own that others link to ("sale_order").

    A person who says that it was done then names that id.
    """
    bulk: ClassVar[int] = 1
    """How many effects may go together in one bundle. Above 1 the sink plans effects without steps, and `bundle` says
    how several of them are sent."""

    @property
    def settles_after(self) -> timedelta:
        """How long a lost request may still act, plus how far reading lags behind writing: absence counts only then."""
        return self.connection.timeout + timedelta(seconds=10)

    @property
    def probe_first(self) -> bool:
        """Whether to look before the first creation, too."""
        return False

    @property
    def refuses_duplicates(self) -> bool:
        """Whether the remote side itself refuses to do the same twice."""
        return False

    @abstractmethod
    def plan(self, document: DocumentT, known: Known) -> Effect:
        """Say what to send; pure. Core calls it again with `known.latest` when the key it named is in effect already.

        Raises: NothingToDo, NotYetError, HoldError, RejectedError.
        """

    def effect_key(self, document: DocumentT, known: Known) -> str | None:
        """The key that `plan` will name, where it is known before planning; pure.

        `plan` is then told at once what is in effect under it. None: core plans first, to learn the key.
        """
        return None

    @abstractmethod
    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        """Read the answers; pure. Anything raised from the error tree asserts that nothing was done.

        A sink that bundles is asked for each effect of the bundle, with the answers to the bundle's steps. What is
        raised for one says nothing of the others: where one spoils all, the others raise TransientError.
        """

    async def probe(self, effect: Effect) -> Probe:
        """Ask the remote system whether the effect is there; reads only.

        Where an answer was lost, `effect.lost` is the request that it would have answered: `Begun` says that this one
        was carried out and that more is to follow, `Absent` that it was not. Where a store was put back from a backup,
        it may be the request that would be sent next: nobody knows whether it was.

        A sink that bundles is asked for a bundle whose answer was lost (`Begun` or `Absent`, of the step that was
        lost), and for a single effect before it goes into its first bundle, where there is reason to look. The steps
        of such a bundle are those that were sent, what followed included: the last is the one whose answer was lost.

        Raises: HoldError where a person must first let us look. Before anything was sent it is held as that says; of
        what may have happened it is "cannot tell".
        """
        return CannotTell("this sink cannot look")

    async def recognise(self, effect: Effect, name: str) -> Probe:
        """Read the thing that a person says is what this effect would make, though it goes by another name there.

        `name` is its id, or what else it can be found by. The receipt of `Done` says what it is, with its lines; what
        differs is its `attention`.
        """
        return CannotTell("this sink cannot compare what is linked by hand")

    async def observe(self, document: DocumentT, known: Known) -> Any:
        """Read, just before `plan`, what it must know of the remote state; None where nothing is needed.

        `known` bears the links: nothing is looked up by a name that is not ours.
        """
        return None

    def brought(self, effects: Sequence[SettledEffect]) -> Measure | None:
        """How much the effects of one record brought there, all together, for `reconcile`; pure.

        They are all that are in effect, the newest version of each key. What it does not speak of counts as the record
        says it itself.
        """
        return None

    async def read_back(self, records: Sequence[Sequence[SettledEffect]]) -> Sequence[Measure | None]:
        """How much is there now of the effects of each of these records, for `reconcile`; reads only.

        Shape: one for each, in sequence; None where nothing of it is there, though something should be.

        Raises: TransientError, CredentialsError, RejectedError where it cannot be looked at.
        """
        raise TypeError(f"{type(self).__name__} reads nothing back")

    def follow(self, effect: Effect, answers: Answers) -> Request | Later | None:
        """The request that follows these answers, or None when the steps are complete; pure.

        `Later` is a request that is to wait: to ask again how far the remote system is. Of a bundle it is asked after
        the last of the steps that were planned, and after one that was refused (400 to 499), which ends those. What it
        raises asserts that nothing of the bundle was done; AnswerLostError, that only a probe can tell.
        """
        return None

    def bundle(self, bundle: Bundle) -> Effect:
        """The effect that makes all effects of the bundle: its steps, its memo, and as key its name there; pure.

        Core stores it with its members, sends it, follows it, and probes it when an answer is lost; each member
        settles by itself, by its own `receipt`. After a refused write none of the steps planned after it is sent, and
        the receipts say what that means; where more is to be done then, plan one step and let `follow` go on. Of a
        probe, `Done` counts as `Begun`: what each came to, its receipt says.
        """
        raise TypeError(f"{type(self).__name__} bundles nothing")

    @classmethod
    def can_probe(cls) -> bool:
        """Whether the sink can look: without it nothing is exactly once, and `check` says so."""
        return cls.probe is not Sink.probe

    @classmethod
    def can_recognise(cls) -> bool:
        """Whether the sink can compare what a person links by hand."""
        return cls.recognise is not Sink.recognise

    @classmethod
    def can_read_back(cls) -> bool:
        """Whether the sink can say how much is there now."""
        return cls.read_back is not Sink.read_back

    @classmethod
    def can_observe(cls) -> bool:
        """Whether the sink wants to look before it plans."""
        return cls.observe is not Sink.observe
