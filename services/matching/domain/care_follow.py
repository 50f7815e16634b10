"""What follows by itself between the placements of a package, as time passes or one of them changes."""

from datetime import datetime, timedelta

from services.matching.domain import care_events as care
from services.matching.domain import placement as states
from services.matching.domain.care import end_now, lapse_pause, refuse_change, refuse_restart
from services.matching.domain.care_times import next_visit
from services.matching.domain.decide import advance
from services.matching.domain.package_turn import PackageTurn, care_ends
from services.matching.domain.parts import bridging_of, divide
from services.matching.domain.placement import Present


def follow(whole: PackageTurn) -> None:
    """Let everything follow that follows between placements. It ends: each pass ends some care,
    or takes back an open question."""
    while any(_one(whole, placement) for placement in whole.package.placements):
        continue
    for placement in whole.package.placements:
        if isinstance(placement, states.Searching | states.Exhausted):
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
        case states.Paused(restart=None) if placement.held_until <= now:
            lapse_pause(whole, placement)
        case states.Paused(restart=states.Restart() as restart) if restart.answer_by <= now:
            refuse_restart(whole, placement, "silent")
        case states.Started(change=states.Change() as change) if change.answer_by <= now:
            refuse_change(whole, placement, "silent")
        case states.Searching() | states.Exhausted() if _bridging_is_over(whole, placement):
            divide(whole, placement, "bridging_over", 0)
        case states.Confirmed() | states.Started() if _bridging_is_over(whole, placement):
            turn = whole.turn(placement)
            care_ends(turn, "bridging_over", now)
            whole.take(turn)
        case states.Ending() if _last_visit_is_over(whole, placement):
            end_now(whole, placement)
        case _:
            return False
    return True


def _bridging_is_over(whole: PackageTurn, placement: states.Searched) -> bool:
    """Bridging care ends on its day, or when what it bridged to has started."""
    until = placement.facts.bridging_until
    if until is None:
        return False
    return until <= whole.now or any(
        isinstance(one, states.Started) and one.placement_id == placement.facts.follows
        for one in whole.package.placements
    )


def _last_visit_is_over(whole: PackageTurn, ending: states.Ending) -> bool:
    """On its day; without one, when care that follows has started."""
    if ending.last_visit_at is not None:
        return ending.last_visit_at <= whole.now
    return any(
        isinstance(one, states.Started) and one.facts.follows == ending.placement_id
        for one in whole.package.placements
    )


def _move_gap(whole: PackageTurn, searched: states.Searching | states.Exhausted) -> None:
    """Bridging care puts off the first visit that nobody holds, for as long as somebody gives it."""
    bridging = tuple(bridging_of(whole, searched))
    if not bridging:
        return
    gap_at = searched.facts.uncovered_at
    for one in bridging:
        if isinstance(one, states.Carried):
            ends_at = one.last_visit_at if isinstance(one, states.Ending) else None
            covered_until = ends_at or one.facts.bridging_until or whole.now
            gap_at = _later(gap_at, next_visit(searched.facts.visit_minutes, covered_until))
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


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
