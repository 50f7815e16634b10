"""A story that has come to a status."""

from tests.unit.matching.world import (
    INCOMPLETE,
    TIME,
    WITHDRAW,
    Story,
    answers,
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
        case _:
            return told.when(WITHDRAW, 1)
