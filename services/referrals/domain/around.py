"""What a ward reads beside the status: parts, a later search, bridging care, gaps. In plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.referrals.domain.package import HELD, SEARCHED, Package, Part

_NEAR = timedelta(days=6)
"""Within this a weekday says which day it is."""

_AGAIN: Mapping[str, str] = {
    "handed_back": "{who} has handed the package back",
    "transferred": "The package goes to another provider",
    "provider_failed": "{who} can no longer give the care",
    "pause_lapsed": "The person comes home after the package was held no longer",
    "restart_refused": "{who} does not go on after the pause",
    "change_refused": "{who} cannot give what is needed now",
    "reablement_ended": "Reablement ends and long-term care is needed",
}
_CONTINGENCY: Mapping[str, str] = {
    "family": "the family helps meanwhile",
    "reablement_team": "the reablement team helps meanwhile",
    "rapid_response": "the rapid response team helps meanwhile",
    "stay_in_hospital": "the person stays in hospital meanwhile",
    "other": "something else is arranged meanwhile",
}


@dataclass(frozen=True, slots=True)
class Local:
    """Says instants as a person here reads them, now."""

    now: datetime
    zone: ZoneInfo

    def __call__(self, instant: datetime) -> str:
        """The time of day, with the weekday unless it is today; farther off, the date."""
        here = instant.astimezone(self.zone)
        if here.date() == self.now.astimezone(self.zone).date():
            return f"{here:%H:%M}"
        if abs(instant - self.now) <= _NEAR:
            return f"{here:%a %H:%M}"
        return f"{here.day} {here:%b %H:%M}"


def before_words(package: Package, local: Local) -> Iterator[str]:
    """What comes before the words of the status, sentence by sentence."""
    active, searched = package.active(), package.searched()
    if len(active) > 1 and searched:
        held = package.held()
        by = ", ".join(dict.fromkeys(part.provider_name for part in held if part.provider_name))
        taken = f"{len(held)} of {len(active)} parts taken"
        yield f"{taken} ({by})" if by else taken
    for part in searched:
        if part.follows is not None:
            yield _again(package, part, local)
            break


def _again(package: Package, part: Part, local: Local) -> str:
    cause = part.cause
    came_before = package.part(part.follows or "")
    if cause not in _AGAIN:  # A part of a later search: the placement it follows says why.
        cause = next((one.cause for one in package.parts if one.cause in _AGAIN), "transferred")
    who = came_before.provider_name or "The provider"
    since = f" since {local(part.received_at)}" if part.received_at else ""
    return f"{_AGAIN[cause].format(who=who)}; searched again{since}"


def after_words(package: Package, local: Local) -> Iterator[str]:
    """What comes after them: who cares until when, and what nobody holds."""
    for part in package.searched():
        ending = package.before(part)
        if ending is not None:
            until = ending.last_visit_at
            when = local(until) if until else "somebody else begins"
            yield f"{ending.provider_name} goes on until {when}"
            break
    for part in package.asked():
        assert part.change_by is not None
        yield (
            f"What is needed has changed: {part.provider_name} is asked if it can give that; its"
            f" answer is due by {local(part.change_by)}"
        )
    for part in package.bridging():
        if part.bridging_until is not None:
            yield _bridging(part, local)
    gap = care_gap(package)
    if gap is not None and gap.gap_at is not None:
        begun = gap.gap_at <= local.now
        when = f"since {local(gap.gap_at)}" if begun else f"from {local(gap.gap_at)}"
        helped = f": {_CONTINGENCY[gap.contingency]}" if gap.contingency else ""
        yield f"Nobody cares {when}{helped}" if begun else f"Nobody has visits {when} yet{helped}"


def _bridging(part: Part, local: Local) -> str:
    assert part.bridging_until is not None
    until = local(part.bridging_until)
    if part.state in SEARCHED:
        return f"Bridging care until {until} is searched as well"
    sure = " (not confirmed yet)" if part.state == "taken" else ""
    verb = "stands in" if part.state in HELD else "stood in"
    return f"{part.provider_name} {verb} until {until}{sure}"


def care_gap(package: Package) -> Part | None:
    """The part whose first visit without anybody comes first."""
    gaps = [part for part in package.searched() if part.gap_at is not None]
    return min(gaps, key=lambda part: part.gap_at or datetime.max, default=None)  # noqa: DTZ901
