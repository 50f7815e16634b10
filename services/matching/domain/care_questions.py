"""May this be done about care that was awarded? For a page's button and for the decision itself."""

from datetime import datetime

from services.matching.domain import placement as states
from services.matching.domain.care_commands import AboutAward
from services.matching.domain.placement import Carried, Placement
from services.matching.domain.refusal import Refusal
from services.matching.domain.requirement import Requirement


def holds(placement: Carried, said: AboutAward) -> bool:
    """Whether an award is the one that a placement has, and of the provider that speaks."""
    award = placement.award
    return award.award_id == said.award_id and award.provider_id == said.provider_id


def was_paused(ended: states.Ended, said: AboutAward) -> states.Paused | None:
    """The pause that silence ended, if the answer is about its award."""
    paused = ended.paused
    return paused if paused is not None and paused.restart and holds(paused, said) else None


def may_hand_back(placement: Carried) -> bool:
    """Whether a provider has care to give up: confirmed, or ending on a day that nobody knows yet."""
    if isinstance(placement, states.Ending):
        return placement.last_visit_at is None
    return not isinstance(placement, states.Awarded)


def why_not_pause(placement: Placement, held_until: datetime, now: datetime) -> Refusal | None:
    """Why a package cannot be held: it runs, or is held already, and the date lies ahead."""
    if not isinstance(placement, states.Started | states.Paused):
        return Refusal(
            code="not-started",
            sentence="Only care that has started can be paused; withdraw the referral, or cancel"
            " the award, if it is not to start.",
        )
    if held_until <= now:
        return _in_the_past("The date until which the package is held")
    return None


def why_not_restart(placement: Placement, restart_at: datetime, now: datetime) -> Refusal | None:
    """Why a package cannot be restarted: it is held, or was held and has lapsed."""
    lapsed = isinstance(placement, states.Ended) and placement.because == "pause_lapsed"
    if not (isinstance(placement, states.Paused) or lapsed):
        return Refusal(
            code="not-paused",
            sentence="Only a package that is paused, or whose pause has lapsed, can be restarted.",
        )
    if isinstance(placement, states.Paused) and placement.restart is not None:
        return Refusal(
            code="already-asked",
            sentence="The provider has been asked to restart already; wait for its answer.",
        )
    return _in_the_past("The date of the restart") if restart_at <= now else None


def why_not_change(placement: Placement, requirement: Requirement) -> Refusal | None:
    """Why what is needed cannot be changed while care runs."""
    if not isinstance(placement, states.Started):
        return Refusal(
            code="not-started",
            sentence="Only care that has started is changed like this; before that, amend what is"
            " needed.",
        )
    if visits_missing(requirement):
        return _no_visits()
    return None


def why_not_end(placement: Placement) -> Refusal | None:
    """Why care cannot be ended: somebody has confirmed it, or gives it."""
    if isinstance(placement, states.Confirmed | states.Started | states.Paused):
        return None
    return Refusal(
        code="no-care-to-end",
        sentence="Nobody has confirmed this package, so there is no care to end or hand over;"
        " withdraw the referral, or cancel the award.",
    )


def why_not_continue(placement: Placement, requirement: Requirement) -> Refusal | None:
    """Why reablement cannot go on as long-term care."""
    if (
        not isinstance(placement, states.Started)
        or "reablement" not in placement.facts.needed.capabilities
        or placement.facts.bridging_until is not None
    ):
        return Refusal(
            code="not-reablement",
            sentence="Only reablement that has started can go on as long-term care.",
        )
    if requirement.care_type == "reablement":
        return Refusal(
            code="not-reablement",
            sentence="Long-term care is no reablement; give its care type.",
        )
    return _no_visits() if visits_missing(requirement) else None


def already_searched() -> Refusal:
    """Why a lapsed package is not searched a second time."""
    return Refusal(
        code="already-asked",
        sentence="The search that follows this package has begun already; look at that one.",
    )


def visits_missing(requirement: Requirement) -> bool:
    """Whether nothing would be left to give."""
    return not requirement.visits


def _no_visits() -> Refusal:
    return Refusal(code="no-visits", sentence="There is no visit in it; end the care instead.")


def _in_the_past(what: str) -> Refusal:
    return Refusal(code="in-the-past", sentence=f"{what} must lie ahead.")
