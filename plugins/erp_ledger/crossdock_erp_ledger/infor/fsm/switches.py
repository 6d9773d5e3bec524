"""The switches of an interface run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switches:
    """How a run group is interfaced: checked first, then all of an entity or nothing of it.

    Source: Infor FSM help, "Interface transactions", and the parameters of the form operation; read 2026-11.
    """

    enterprise_group: str
    ledger: str | None = None
    split_by_journal_code: bool = False

    def parameters(self) -> dict[str, str]:
        """The parameters of the form operation, all of them: what is left out keeps what a user set last."""
        said: dict[str, str | bool] = {
            "PrmEnterpriseGroup": self.enterprise_group,
            "PrmAccountingEntity": "",  # every row names its own
            "PrmEditOnly": False,
            "PrmEditAndInterface": True,
            "PrmPartialUpdate": False,  # a part of a bundle would be hard to tell from the whole
            "PrmJournalizeByEntity": True,
            "PrmJournalByJournalCode": self.split_by_journal_code,
            "PrmByPassOrganizationCode": True,  # rows bear real entities, units and accounts
            "PrmByPassAccountCode": True,
            "PrmBypassStructureRelationEdit": False,
            "PrmInterfaceInDetail": True,
            "PrmBypassNegativeRateEdit": False,
            "PrmMoveErrorsToNewRunGroup": False,
            "PrmErrorRunGroupPrefix": "",
            "PrmCurrencyTable": "",
            "PrmPrimaryLedger": self.ledger or "",
        }
        return {name: value if isinstance(value, str) else str(value).lower() for name, value in said.items()}
