"""What the register refuses about a contract's rate cards, and what is to be done about it.

The first line of a card that fits a visit says its rate. Every kind of visit is tried, so that no
line is written in vain and no visit is left without a rate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Literal, NamedTuple, TypeAlias

RateTime: TypeAlias = Literal["day", "night"]
RateDay: TypeAlias = Literal["weekday", "weekend", "bank_holiday"]

MOST_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTerms:
    """The visits that a line is for; None: it makes no difference."""

    area: str | None
    up_to_minutes: int | None
    time: RateTime | None
    day: RateDay | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTerms:
    """A card; `areas` are bands with their outcodes."""

    from_: date
    areas: tuple[tuple[str, tuple[str, ...]], ...]
    lines: tuple[LineTerms, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateProblem:
    """What is wrong, in which field below the contract, and the remedy, as one sentence."""

    path: str
    problem: str
    text: str


class Kind(NamedTuple):
    """Visits that no line of a card tells apart. `area` None: outside every band."""

    area: str | None
    minutes: int
    time: RateTime
    weekend: bool
    holiday: bool


def fits(line: LineTerms, kind: Kind) -> bool:
    """Whether a line is for such visits; one on a bank holiday is also on its day of the week."""
    return (
        (line.area is None or line.area == kind.area)
        and (line.up_to_minutes is None or kind.minutes <= line.up_to_minutes)
        and (line.time is None or line.time == kind.time)
        and (
            line.day is None
            or (line.day == "bank_holiday" and kind.holiday)
            or line.day == ("weekend" if kind.weekend else "weekday")
        )
    )


def check_cards(
    cards: Sequence[CardTerms],
    *,
    from_: date,
    to: date | None,
    has_rate: bool,
    outcodes: Sequence[str],
) -> Iterator[RateProblem]:
    """Everything wrong with the rate cards of one contract."""
    for n, card in enumerate(cards):
        where = f"rate_cards.{n}"
        if any(card.from_ == earlier.from_ for earlier in cards[:n]):
            yield RateProblem(
                path=f"{where}.from", problem="duplicate",
                text="is the first day of another card: put its lines into one card",
            )  # fmt: skip
        if to is not None and card.from_ > to:
            yield RateProblem(
                path=f"{where}.from", problem="after_the_contract",
                text="lies after the contract's last day: leave the card out, or move one of them",
            )  # fmt: skip
        wrong = list(_wrong_areas(card, where))
        yield from wrong
        if not wrong:
            yield from _wrong_lines(card, where, has_rate=has_rate, outcodes=outcodes)
    if cards and not has_rate and min(card.from_ for card in cards) > from_:
        yield RateProblem(
            path="rate", problem="rate_required",
            text="is required until the first card begins: give it, or begin a card with the contract",
        )  # fmt: skip


def _wrong_areas(card: CardTerms, where: str) -> Iterator[RateProblem]:
    names: list[str] = []
    taken: dict[str, str] = {}
    for n, (name, outcodes) in enumerate(card.areas):
        if name in names:
            yield RateProblem(
                path=f"{where}.areas.{n}.name", problem="duplicate",
                text="is the name of another area: give each its own",
            )  # fmt: skip
        names.append(name)
        for outcode in outcodes:
            if taken.setdefault(outcode, name) != name:
                yield RateProblem(
                    path=f"{where}.areas.{n}.outcodes", problem="in_two_areas",
                    text=f"{outcode} is in {taken[outcode]} too: leave it in one of them",
                )  # fmt: skip
    for n, line in enumerate(card.lines):
        if line.area is not None and line.area not in names:
            known = ", ".join(names) or "none"
            yield RateProblem(
                path=f"{where}.lines.{n}.area", problem="unknown_area",
                text=f"is no area of this card; it has: {known}",
            )  # fmt: skip


def _wrong_lines(
    card: CardTerms, where: str, *, has_rate: bool, outcodes: Sequence[str]
) -> Iterator[RateProblem]:
    used: set[int] = set()
    missing: Kind | None = None
    for kind in _kinds(card, outcodes):
        first = next((n for n, line in enumerate(card.lines) if fits(line, kind)), None)
        if first is not None:
            used.add(first)
        elif missing is None:
            missing = kind
    for n in range(len(card.lines)):
        if n not in used:
            yield RateProblem(
                path=f"{where}.lines.{n}", problem="never_used",
                text="is never used, since the lines above it fit all of its visits: move it up,"
                " or leave it out",
            )  # fmt: skip
    if missing is not None and not has_rate:
        yield RateProblem(
            path=f"{where}.lines", problem="visit_without_rate",
            text=f"has no rate for {told(missing)}: add a line for it, or give the contract a rate",
        )  # fmt: skip


def _kinds(card: CardTerms, outcodes: Sequence[str]) -> Iterator[Kind]:
    """One of every kind of visit that the card tells apart, where the provider works."""
    banded = {outcode for _, area in card.areas for outcode in area}
    areas: list[str | None] = [name for name, _ in card.areas]
    if not areas or not banded.issuperset(outcodes):
        areas.append(None)
    lengths = {line.up_to_minutes for line in card.lines if line.up_to_minutes is not None}
    times: tuple[RateTime, ...] = ("day", "night")
    both = (False, True)
    for found in product(areas, sorted({*lengths, MOST_MINUTES}), times, both, both):
        yield Kind(*found)


def told(kind: Kind) -> str:
    """A kind of visit in words."""
    longest = " or any length above the lines'" if kind.minutes == MOST_MINUTES else ""
    day = "weekend" if kind.weekend else "weekday"
    return (
        f"a visit of {kind.minutes} minutes{longest} by {kind.time} on a {day}"
        f"{', a bank holiday,' if kind.holiday else ''}"
        f" {'outside every area' if kind.area is None else f'in {kind.area}'}"
    )
