"""A story that has come to a status."""

from services.matching.domain.care_commands import EndCare, PauseCare
from tests.unit.matching.package_world import running
from tests.unit.matching.world import (
    INCOMPLETE,
    TIME,
    WITHDRAW,
    Story,
    answers,
    at,
    confirm,
    searching,
    start,
    story,
    yes,
)


def reached(status: str) -> Story:
    """A story that has come to a status, with providers A and B."""
    told = searching("A", "B")
    match status:
        case "absent":
            return story(*searching("A", "B").market.providers.values())
        case "awaiting_information":
            return reached("absent").when(INCOMPLETE)
        case "searching":
            return told
        case "exhausted":
            return told.when(TIME, 30)
        case "awarded":
            return told.when(answers(yes("A", 1)), 1)
        case "confirmed":
            return reached("awarded").when(confirm("A"), 2)
        case "started":
            return reached("confirmed").when(start("A"), 3)
        case "paused" | "ending" | "ended":
            return _cared_for(status)
        case _:
            return told.when(WITHDRAW, 1)


def _cared_for(status: str) -> Story:
    """The same of a package whose care has been paused, is ending or has ended."""
    whole = running("A", "B")
    hold = PauseCare(held_until=at(60), retainer=False)
    end = EndCare(last_visit_at=at(4 if status == "ended" else 60))
    whole.when(hold if status == "paused" else end, 4)
    told = story(*whole.market.providers.values())
    return told.given(*whole.history, *whole.new)
