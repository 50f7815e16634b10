"""An award is explained, and worked out again, from its events and the policy that they name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.matching.domain import care_commands as asked
from services.matching.domain import events as e
from services.matching.domain.events import Event
from services.matching.domain.interventions import SearchHeld
from services.matching.explanation import explained
from services.matching.explanation_words import in_words
from tests.unit.matching.package_world import DAY, Whole, care_stories, hand_back, searched
from tests.unit.matching.world import answers, at, confirm, no, pid, start, yes


def awarded() -> Whole:
    """A says no, C says yes before B does, and B, who ranks better, has it; B then gives care."""
    whole = searched("A", "B", "C").when(answers(no("A", 1)), 1).when(answers(yes("C", 2)), 2)
    return whole.when(answers(yes("B", 3)), 3).when(confirm("B"), 4).when(start("B"), 5)


def settled() -> Whole:
    """C and then B say yes, A says nothing, and B has it when the settling time is up."""
    whole = searched("A", "B", "C").when(answers(yes("C", 2)), 2).when(answers(yes("B", 3)), 3)
    return whole.until(29)


def history(whole: Whole) -> tuple[Event, ...]:
    return whole.history + whole.new


def told(events: Any, whole: Whole | None = None) -> dict[str, Any]:
    policy = (whole or awarded()).policy
    return explained(events, {policy.version: policy})


def test_an_explanation_says_who_was_eligible_asked_and_chosen_and_why():
    """With the clause, the version, every figure and its effect, and each answer."""
    whole = awarded()
    (placement,) = told(history(whole))["placements"]
    (tier,) = placement["tiers"]
    assert (tier["clause"], tier["rederived"]["agrees"]) == (whole.policy.tiers[0].clause, True)
    assert [one["provider_id"] for one in tier["eligible"]] == [pid("A"), pid("B"), pid("C")]
    ranked = [part for part in tier["eligible"][0]["reasons"] if part["ahead_of"]]
    assert [(part["component"], part["ahead_of"]) for part in ranked] == [("contract_rank", 2)]
    assert placement["policies"][0]["version"] == whole.policy.version
    assert [one["status"] for one in placement["offers"]] == ["declined", "awarded", "withdrawn"]
    (award,) = placement["awards"]
    assert (award["provider_id"], award["award_rule"]) == (pid("B"), "ranked")
    assert [one["provider_id"] for one in award["others_who_accepted"]] == [pid("C")]
    assert [one["what"] for one in placement["care"]] == ["award-confirmed", "care-started"]


def test_what_happened_to_care_is_told_for_each_placement():
    """And one placement of several may be asked for alone."""
    whole = awarded()
    whole.when(hand_back(whole, at(DAY)), 60).until(2 * DAY)
    found = told(history(whole))
    assert [one["cause"] for one in found["placements"]] == ["referral", "handed_back"]
    assert [one["what"] for one in found["placements"][0]["care"]][2:] == [
        "handed-back",
        "care-ended",
    ]
    alone = explained(history(whole), {whole.policy.version: whole.policy}, whole.id(1))
    assert [one["placement_id"] for one in alone["placements"]] == [whole.id(1)]


def test_every_story_of_care_is_worked_out_again():
    """And reads as lines, the last of which says so."""
    for whole in care_stories():
        whole.when(asked.EndCare(last_visit_at=at(90 * DAY)), 80 * DAY)
        found = told(history(whole), whole)
        assert found["rederived"] == {"agrees": True, "faults": []}
        assert list(in_words(found))[-1] == "re-derived: agrees"


def test_a_settlement_by_time_is_worked_out_again():
    """The settling time was up, and the best-ranked of those that stood has it."""
    found = told(history(settled()))
    (award,) = found["placements"][0]["awards"]
    assert (award["provider_id"], found["rederived"]["agrees"]) == (pid("B"), True)


def _swapped(events: list[Any]) -> None:
    """The order of a tier is not what its figures make it."""
    n, opened = _first(events, e.TierOpened)
    one, other, *rest = opened.ranked
    ranked = (replace(other, place=1), replace(one, place=2), *rest)
    events[n] = replace(opened, ranked=ranked)


def _better_rank(events: list[Any]) -> None:
    """A provider's figure is better than its place."""
    n, opened = _first(events, e.TierOpened)
    last = opened.ranked[-1]
    figures = replace(last.components, contract_rank=0)
    events[n] = replace(opened, ranked=(*opened.ranked[:-1], replace(last, components=figures)))


def _other_clause(events: list[Any]) -> None:
    n, opened = _first(events, e.TierOpened)
    events[n] = replace(opened, clause="another")


def _to_the_worse(events: list[Any]) -> None:
    """Both stood, and the award went to the one that had only said yes first."""
    events[:] = history(settled())
    n, award = _first(events, e.Awarded)
    _, stood = _first(events, e.AcceptanceStood)
    events[n] = replace(award, provider_id=stood.provider_id, offer_id=stood.offer_id,
                        accepted_at=stood.accepted_at)  # fmt: skip


def _too_early(events: list[Any]) -> None:
    """It was settled while somebody better could still answer."""
    m, stood = _first(events, e.AcceptanceStood)
    n, award = _first(events, e.Awarded)
    events[n] = replace(award, at=at(2), provider_id=stood.provider_id, offer_id=stood.offer_id,
                        accepted_at=stood.accepted_at)  # fmt: skip
    del events[m]


def _too_late(events: list[Any]) -> None:
    """A yes that came after the deadline counted."""
    n, award = _first(events, e.Awarded)
    events[n] = replace(award, accepted_at=at(90))


def _another_policy(events: list[Any]) -> None:
    n, begun = _first(events, e.SearchStarted)
    events[n] = replace(begun, policy_version="f" * 16)


def _first(events: list[Any], kind: type[Event]) -> tuple[int, Any]:
    return next((n, one) for n, one in enumerate(events) if isinstance(one, kind))


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (_swapped, "place 1 belongs to"),
        (_better_rank, "place 1 belongs to"),
        (_other_clause, "under another"),
        (_to_the_worse, "under `ranked` it goes to"),
        (_too_early, "a better-ranked offer was live"),
        (_too_late, "after its deadline"),
        (_another_policy, "is not kept here"),
    ],
)
def test_an_event_that_was_tampered_with_disagrees(tamper: Callable[[list[Any]], None], said: str):
    """A clear line says in what, and the whole says that it does not agree."""
    events = list(history(awarded()))
    tamper(events)
    found = told(events)
    assert any(said in fault for fault in found["rederived"]["faults"]), found["rederived"]
    lines = list(in_words(found))
    assert any(said in line and "DISAGREES" in line for line in lines)
    assert lines[-1].startswith("re-derived: DISAGREES")


def test_notes_stand_beside_the_record():
    """While they are kept; without them the record is whole."""
    note = {"kind": "hold", "author": "kim", "text": "family visits", "written_at": at(9)}
    lines = list(in_words({**told(history(awarded())), "notes": [note]}))
    assert any("hold by kim: family visits" in line for line in lines)
    assert not any("kim" in line for line in in_words(told(history(awarded()))))


def test_what_people_decided_is_told_too():
    """A hold, with until when."""
    whole = searched("A", "B")
    held = SearchHeld(
        at=at(1), referral_id=whole.last.referral_id, placement_id=whole.last.placement_id,
        until=at(60), standing=(), decided_by=None,
    )  # fmt: skip
    found = told((*history(whole), held))
    assert found["placements"][0]["people"][0]["what"] == "search-held"
    assert any("search held: until Mon 02 Mar 2026 09:00:00" in line for line in in_words(found))
