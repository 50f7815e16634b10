"""What each figure of the fill times means."""

from collections.abc import Iterator, Sequence

from services.matching.reporting.fill_figures import QUANTILES
from shared.report_tables import Column

_CLOCKS = {
    "minutes_from_received": "minutes from the instant the referral was received until it was filled",
    "minutes_from_complete": "minutes from when nothing was missing until it was filled",
    "working_minutes_from_received": "minutes from received until filled, of the policy's working"
    " hours alone (weekdays 9 to 17 without England's bank holidays if it has none)",
    "working_minutes_from_complete": "working minutes from complete until filled",
}
_SHARES = {"median": "Half", "p90": "Nine in ten", "p97": "97 in a hundred"}


def _minutes() -> Iterator[Column]:
    for clock, words in _CLOCKS.items():
        for name in QUANTILES:
            yield Column(
                name=f"{clock}_{name}",
                title=f"{name} {clock.replace('minutes_', '').replace('_', ' ')}",
                definition=f"{_SHARES[name]} of those filled took at most so many {words}.",
            )


COLUMNS = (
    Column(name="part", title="part", definition="What it is grouped by; of needs and languages a"
           " referral counts in each of its own."),
    Column(name="count", title="referrals", definition="Referrals received in the period."),
    Column(name="filled", title="filled", definition="Every part that is not bridging care is"
           " awarded, and was not undone before the start."),
    Column(name="covered", title="covered", definition="As filled, bridging care counted too."),
    Column(name="confirmed", title="confirmed", definition="The awarded providers have confirmed."),
    Column(name="started", title="started", definition="The first visits were delivered."),
    Column(name="withdrawn", title="withdrawn", definition="The referral was withdrawn, filled or"
           " not."),
    Column(name="never_filled", title="never filled", definition="Withdrawn without having been"
           " filled."),
    Column(name="unfilled_now", title="unfilled", definition="Neither filled nor withdrawn at the"
           " instant of the report."),
    Column(name="incomplete_now", title="incomplete", definition="Unfilled, and something is still"
           " missing."),
    Column(name="escalated_now", title="nobody left", definition="Unfilled, and nobody is left to"
           " ask."),
    Column(name="in_parts", title="in parts", definition="Placed in two parts or more."),
    Column(name="offers_made", title="offers", definition="Offers made, those of bridging care too."),
    *_minutes(),
)  # fmt: skip

DISTRIBUTION = (
    Column(name="over_hours", title="over h", definition="Longer than so many hours; the last row,"
           " without bounds, was not filled."),
    Column(name="up_to_hours", title="up to h", definition="At most so many hours."),
    Column(name="from_received", title="from received", definition="Referrals filled in that time"
           " from received."),
    Column(name="from_complete", title="from complete", definition="The same from complete."),
    Column(name="working_from_received", title="working h", definition="The same from received, in"
           " working hours."),
)  # fmt: skip


def target_columns(targets: Sequence[int]) -> Iterator[Column]:
    """Six columns for each target."""
    for minutes in targets:
        for clock, since in (("", "received"), ("_from_complete", "complete")):
            due = (
                f"{minutes} minutes have passed since {since}; unfilled, escalated and later"
                " withdrawn ones are in it, those withdrawn before are not."
            )
            for name, definition in (
                ("met", f"Filled within {minutes} minutes of {since}, of those due."),
                ("due", due),
                ("percent", "Met of due."),
            ):  # fmt: skip
                yield Column(
                    name=f"{name}_{minutes}{clock}",
                    title=f"{name} {minutes / 60:g} h of {since}",
                    definition=definition,
                )
