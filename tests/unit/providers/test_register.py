"""What the register refuses about contracts, and what makes no difference."""

from dataclasses import replace
from datetime import date

import pytest

from services.providers.domain.register import ContractProblem, ContractTerms, check_contracts

FRAMEWORK = ContractTerms(
    kind="framework", lot="lot-1", rank=1, from_=date(2022, 10, 1), to=date(2026, 9, 30)
)
DPS = ContractTerms(kind="dps", lot=None, rank=None, from_=date(2020, 1, 1), to=None)


def problem(index: int, field: str, code: str) -> ContractProblem:
    """One thing wrong."""
    return ContractProblem(index=index, field=field, problem=code)  # type: ignore[arg-type]


def test_sound_contracts_pass():
    """Contracts of different kinds, lots or times stand beside each other."""
    after = replace(FRAMEWORK, from_=date(2026, 10, 1), to=None)
    other_lot = replace(FRAMEWORK, lot="lot-2")
    assert check_contracts([FRAMEWORK, after, other_lot, DPS, replace(DPS, kind="spot")]) == ()


@pytest.mark.parametrize(
    ("contract", "field", "code"),
    [
        (replace(FRAMEWORK, lot=None), "lot", "lot_required"),
        (replace(DPS, lot="lot-1"), "lot", "framework_only"),
        (replace(DPS, rank=1), "rank", "framework_only"),
        (replace(DPS, to=date(2019, 12, 31)), "to", "ends_before_it_begins"),
    ],
)
def test_what_is_wrong_is_named(contract: ContractTerms, field: str, code: str):
    """Index, field and rule of what is wrong are given."""
    assert check_contracts([contract]) == (problem(0, field, code),)


def test_a_contract_of_one_day_is_sound():
    """The last day is inclusive, so a contract may begin and end on it."""
    assert check_contracts([replace(DPS, to=DPS.from_)]) == ()


@pytest.mark.parametrize(
    ("from_", "to"),
    [
        (date(2022, 10, 1), date(2026, 9, 30)),
        (date(2026, 9, 30), None),
        (date(2020, 1, 1), date(2022, 10, 1)),
        (date(2020, 1, 1), None),
    ],
)
def test_two_of_one_kind_and_lot_never_run_on_the_same_day(from_, to):
    """An overlap of a single day is refused, for the later one in the list."""
    found = check_contracts([FRAMEWORK, replace(FRAMEWORK, from_=from_, to=to)])
    assert found == (problem(1, "from", "overlaps_another_contract"),)
