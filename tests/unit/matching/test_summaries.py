"""A placement as lists and reports show it."""

from functools import reduce

from services.matching.projections import project_summary
from services.matching.summary import Summary
from tests.unit.matching.world import REFERRAL, WITHDRAW, Story, answers, at, searching, start, yes


def summary(told: Story) -> Summary:
    """The row that the whole history makes."""
    begin: Summary | None = None
    row = reduce(
        lambda row, event: project_summary(row, event, REFERRAL), (*told.history, *told.new), begin
    )
    assert row is not None
    return row


def test_a_withdrawal_before_the_start_undoes_the_fill():
    """What is undone before the start was not filled. Source: domain glossary, filled."""
    told = searching("A").when(answers(yes("A", 3)), 4)
    assert summary(told).filled_at == at(4)
    row = summary(told.when(WITHDRAW, 500))
    assert (row.status, row.filled_at, row.provider_id) == ("withdrawn", None, None)


def test_a_withdrawal_after_the_start_keeps_the_fill():
    """A package that was filled and started in time counts as met however it ends."""
    told = searching("A").when(answers(yes("A", 3)), 4).when(start("A"), 200).when(WITHDRAW, 500)
    row = summary(told)
    assert (row.status, row.filled_at, row.withdrawn_at) == ("withdrawn", at(4), at(500))
    assert row.provider_name == "A"
