"""What the register refuses to write down about a provider's contracts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

Problem: TypeAlias = Literal[
    "lot_required", "framework_only", "ends_before_it_begins", "overlaps_another_contract"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """The part of a contract that these rules look at. `to` is its last day, inclusive."""

    kind: Literal["framework", "dps", "spot"]
    lot: str | None
    rank: int | None
    from_: date
    to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractProblem:
    """What is wrong with the contract at `index`, and in which of its fields."""

    index: int
    field: str
    problem: Problem


def check_contracts(contracts: Sequence[ContractTerms]) -> tuple[ContractProblem, ...]:
    """Everything wrong with a provider's contracts; empty if nothing is.

    Two of one kind and lot must not run on the same day: a search could not tell whose rate holds.
    """
    found: list[ContractProblem] = []
    for index, contract in enumerate(contracts):
        if contract.kind == "framework" and contract.lot is None:
            found.append(ContractProblem(index=index, field="lot", problem="lot_required"))
        if contract.kind != "framework":
            found.extend(
                ContractProblem(index=index, field=field, problem="framework_only")
                for field, value in (("lot", contract.lot), ("rank", contract.rank))
                if value is not None
            )
        if contract.to is not None and contract.to < contract.from_:
            found.append(ContractProblem(index=index, field="to", problem="ends_before_it_begins"))
        if any(_overlap(contract, earlier) for earlier in contracts[:index]):
            found.append(
                ContractProblem(index=index, field="from", problem="overlaps_another_contract")
            )
    return tuple(found)


def _overlap(one: ContractTerms, other: ContractTerms) -> bool:
    if (one.kind, one.lot) != (other.kind, other.lot):
        return False
    return (one.to is None or other.from_ <= one.to) and (other.to is None or one.from_ <= other.to)
