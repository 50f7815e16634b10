"""What follows by itself between the placements of a package, as time passes or one of them changes."""

from datetime import datetime, timedelta
from uuid import UUID

from services.matching.domain import care_events as care
from services.matching.domain import placement as states
from services.matching.domain.care import end_now, lapse_pause, refuse_restart
from services.matching.domain.care_times import next_visit
from services.matching.domain.changing import refuse_change
from services.matching.domain.decide import advance
from services.matching.domain.package_turn import PackageTurn, care_ends
from services.matching.domain.parts import bridging_of, divide
from services.matching.domain.placement import Present

NotStarted = states.Open | states.Awarded | states.Confirmed
"""Care that is to come: searched, or awarded."""


def follow(whole: PackageTurn) -> None:
    """Let everything follow that follows between placements. It ends: each pass ends some care,
    or takes back an open question."""
    while any(_one(whole, placement) for placement in whole.package.placements):
        continue
    for placement in whole.package.placements:
        if isinstance(placement, NotStarted):
            _move_gap(whole, placement)
    for placement in whole.package.placements:
        if not isinstance(placement, states.Over):
            turn = whole.turn(placement)
            advance(turn)
            whole.take(turn)


def _one(whole: PackageTurn, placement: Present) -> bool:
    """Whether anything was decided about a placement."""
    now = whole.now
    match placement:
        case states.Awarded() | states.Confirmed() | states.Started() | states.Paused() if (
            _bridging_is_over(whole, placement.facts)
        ):
            turn = whole.turn(placement)
            care_ends(turn, "bridging_over", now)
            whole.take(turn)
        case states.Paused(restart=None) if placement.held_until <= now:
            lapse_pause(whole, placement)
        case states.Paused(restart=states.Restart() as restart) if restart.answer_by <= now:
            refuse_restart(whole, placement, "silent")
        case (
            states.Started(change=states.Change() as change)
            | states.Paused(change=states.Change() as change)
        ) if change.answer_by <= now:
            refuse_change(whole, placement, "silent")
        case states.Searching() | states.Exhausted() if _bridging_is_over(whole, placement.facts):
            divide(whole, placement, "bridging_over", 0)
        case states.Ending() if _last_visit_is_over(whole, placement):
            end_now(whole, placement)
        case _:
            return False
    return True


def _bridging_is_over(whole: PackageTurn, facts: states.Facts) -> bool:
    return whole.bridging_is_over(facts.bridging_until, facts.follows)


def _last_visit_is_over(whole: PackageTurn, ending: states.Ending) -> bool:
    """On its day; without one, when all care that follows has started, part by part, or whatever
    took its place."""
    if ending.last_visit_at is not None:
        return ending.last_visit_at <= whole.now
    followed, waits = {ending.placement_id}, None
    for one in whole.package.placements:
        if _follows(one) in followed:
            followed.add(one.placement_id)
            waits = waits or isinstance(one, states.Open | states.Awarded | states.Confirmed)
    return waits is False


def _follows(placement: Present) -> UUID | None:
    if isinstance(placement, states.Ended):
        return placement.follows
    if isinstance(placement, states.Searched) and placement.facts.bridging_until is None:
        return placement.facts.follows
    return None


def _move_gap(whole: PackageTurn, searched: NotStarted) -> None:
    """Bridging care puts off the first visit that nobody holds, for as long as somebody gives it.

    Also while an award waits for its start: if it is undone, the gap is there since bridging ended.
    """
    gap_at = _gap_at(whole, searched)
    if gap_at == searched.facts.gap_at:
        return
    turn = whole.turn(searched)
    turn.close("care_gap_ahead", "care_gap")
    hours = timedelta(hours=turn.policy.care_gap_hours)
    turn.record(
        care.CareGapMoved(
            at=turn.now,
            referral_id=turn.referral_id,
            placement_id=turn.placement_id,
            gap_at=gap_at,
            gap_alarm_at=None if gap_at is None else gap_at - hours,
        )
    )
    whole.take(turn)


def _gap_at(whole: PackageTurn, searched: NotStarted) -> datetime | None:
    facts, uncovered_at = searched.facts, _uncovered_at(whole, searched)
    bridging = [one for one in bridging_of(whole, searched) if isinstance(one, states.Carried)]
    if not bridging:
        if facts.gap_at == uncovered_at or facts.gap_at is None:
            return uncovered_at
        # Bridging care that covered until then is over, perhaps before its day.
        wanted_from = uncovered_at or facts.ready_at
        from_now = _later(wanted_from, next_visit(facts.visit_minutes, whole.now))
        return min(facts.gap_at, from_now or facts.gap_at)
    gap_at = uncovered_at
    for one in bridging:
        ends_at = one.last_visit_at if isinstance(one, states.Ending) else None
        covered_until = ends_at or one.facts.bridging_until or whole.now
        gap_at = _later(gap_at, next_visit(facts.visit_minutes, covered_until))
    return gap_at


def _uncovered_at(whole: PackageTurn, searched: NotStarted) -> datetime | None:
    """The first visit that the care before leaves to nobody. Its last day may have become known only
    after this search began: it was to go on until then, and was handed back."""
    facts = searched.facts
    if facts.uncovered_at is not None or facts.follows is None:
        return facts.uncovered_at
    before = whole.package.placement(facts.follows)
    if not isinstance(before, states.Ending | states.Ended) or before.last_visit_at is None:
        return None
    return next_visit(facts.visit_minutes, before.last_visit_at)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
