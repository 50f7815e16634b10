"""One package of a run that goes on after the award: all its placements, and what became of care."""

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from uuid import UUID

from deploy.simulator.case import Case
from deploy.simulator.courses import Course, ProviderLuck
from deploy.simulator.drawing import WEEK_MINUTES, minute
from deploy.simulator.outcomes import LaterSearch, PackageLife, PackageOutcome
from services.matching.domain import care_events as care
from services.matching.domain import events as e
from services.matching.domain import placement as states
from services.matching.domain.events import Event, SearchStarted
from services.matching.domain.london import LONDON
from services.matching.domain.package import NOTHING, Package
from services.matching.domain.placement import Over, Present, Searched
from services.matching.domain.policy import Policy

_MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001 - London's wall clock
_NO_COURSE = Course((), (), None)


@dataclass(slots=True)
class Later:
    """A search after care had started, as it is counted."""

    cause: str
    began: datetime
    filled: datetime | None = None
    started: bool = False
    offers: int = 0


@dataclass(slots=True, eq=False)
class LivedCase(Case):
    """A package under way. `ends` is the minute at which care is needed no longer."""

    whole: Package = NOTHING
    origins: dict[UUID, SearchStarted] = field(default_factory=dict)
    course: Course = _NO_COURSE
    lucks: dict[int, ProviderLuck] = field(default_factory=dict)
    taken: dict[UUID, tuple[int, int, float]] = field(default_factory=dict)
    """By award: its provider's index, weekly minutes, and until when they are taken."""
    started_at: datetime | None = None
    ends: float = inf
    away: int = 0
    """How many stays in hospital are not over: the next may begin before the last one is."""
    over: bool = False
    later: dict[UUID, Later] = field(default_factory=dict)
    handed_back: int = 0
    short_notice: int = 0
    _visits: tuple[int, ...] = ()
    _since: datetime | None = None
    _covered: bool = False
    _broken: bool = False
    _due: int = 0
    _missed: int = 0
    _gaps: int = 0

    def which(self, placement_id: UUID) -> int:
        """The place of a placement in its package; a new one comes after all."""
        ids = [one.placement_id for one in self.whole.placements]
        return ids.index(placement_id) if placement_id in ids else len(ids)

    def only(self) -> Present | None:
        """The placement that has not ended, if there is one and no other."""
        left = [one for one in self.whole.placements if not isinstance(one, Over)]
        return left[0] if len(left) == 1 else None

    def running(self) -> states.Started | None:
        """Care that somebody gives and nobody is to take over."""
        only = self.only()
        return only if isinstance(only, states.Started) else None

    def waits_for_restart(self) -> bool:
        """Whether the package is held, or was and is searched by nobody."""
        only = self.only()
        if isinstance(only, states.Paused):
            return only.restart is None
        last = self.whole.placements[-1]
        lapsed = isinstance(last, states.Ended) and last.because == "pause_lapsed"
        return lapsed and not self.whole.open()

    def notice(self, event: Event, before: Package) -> None:
        """Take in what was decided; `before` is the package before the decision."""
        placements = self.whole.placements
        if event.placement_id == placements[0].placement_id:
            self.note(event, before.placement(event.placement_id))
        else:
            self._note_later(event)
        match event:
            case e.CareStarted():
                self._is_given(event.placement_id)
            case care.ChangeAgreed():
                self._is_given(event.placement_id)
            case care.HandedBack():
                self.handed_back += 1
                self.short_notice += event.breach
            case _:
                pass

    def _is_given(self, placement_id: UUID) -> None:
        given = self.whole.placement(placement_id)
        if isinstance(given, Searched):
            self._visits = given.facts.visit_minutes

    def _note_later(self, event: Event) -> None:
        if isinstance(event, SearchStarted):
            self.later[event.placement_id] = Later(event.cause, event.at)
            return
        later = self.later[event.placement_id]
        match event:
            case e.OffersMade():
                later.offers += len(event.offers)
            case e.Awarded():
                later.filled = event.at
            case e.AwardReleased():
                later.filled = None
            case e.AwardCancelled():
                later.filled = later.filled if later.started else None
            case e.CareStarted():
                later.started = True
            case _:
                pass

    def account(self, now: datetime) -> None:
        """Count the visits since the last time, by who held them."""
        if self._since is not None and now > self._since:
            if self.started_at is not None and not self.away and not self.over:
                self._count(visits_between(self._visits, self._since, now))
            self._since = now
        elif self._since is None:
            self._since = now

    def _count(self, due: int) -> None:
        self._due += due
        if self._covered:
            self._broken = False
        elif due:
            self._missed += due
            self._gaps += not self._broken
            self._broken = True

    def be_home(self, _: datetime) -> None:
        """The person is back, and care is needed again."""
        self.away -= 1

    def look(self) -> None:
        """Whether anybody gives care from now on."""
        self._covered = any(
            isinstance(one, states.Started | states.Ending) for one in self.whole.placements
        )

    def outcome(self, policy: Policy) -> PackageOutcome:
        """What became of the package, its life included."""
        life = PackageLife(
            later=tuple(
                LaterSearch(
                    cause=one.cause,
                    filled_minutes=None
                    if one.filled is None
                    else minute(one.filled) - minute(one.began),
                    offers=one.offers,
                )
                for one in self.later.values()
            ),
            handed_back=self.handed_back,
            short_notice=self.short_notice,
            visits_due=self._due,
            visits_missed=self._missed,
            gaps=self._gaps,
        )
        return replace(Case.outcome(self, policy), life=life)


def visits_between(minutes_of_week: tuple[int, ...], start: datetime, end: datetime) -> int:
    """How many visits begin from `start` until before `end`, by London's wall clock."""
    return _before(minutes_of_week, end) - _before(minutes_of_week, start)


def _before(minutes_of_week: tuple[int, ...], at: datetime) -> int:
    local = at.astimezone(LONDON).replace(tzinfo=None)
    weeks, rest = divmod((local - _MONDAY).total_seconds() / 60, WEEK_MINUTES)
    return int(weeks) * len(minutes_of_week) + bisect_left(minutes_of_week, rest)
