"""The shape of a policy document, and where in the file each part of it is."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError

from services.matching.domain.codes import ContractKind, CqcRating, PersonView
from services.matching.domain.policy import (
    ALL_AT_ONCE,
    AwardRule,
    Capacity,
    Component,
    Passed,
    Registration,
    Scope,
)
from services.matching.policy_parts import (
    MOST_MINUTES,
    CalendarPart,
    Clause,
    Durations,
    KpiPart,
    Part,
)
from shared.contracts.model import Code, Outcode
from shared.documents import Finding, Location, Written, read

DOCUMENT_MAX_BYTES = 256 * 1024
"""A policy is a page or two; anything larger is another file."""

_STRATEGY = re.compile(r"adaptive|sequential|simultaneous|waves\(([1-9][0-9]{0,3})\)")
_Minutes = Annotated[int, Field(gt=0, le=MOST_MINUTES, strict=True)]
_Count = Annotated[int, Field(ge=1, le=10_000, strict=True)]
_Days = Annotated[int, Field(ge=0, le=365, strict=True)]


def _strategy(value: object) -> object:
    """One sentence for every form. Raises ValueError for none of them."""
    if isinstance(value, str) and _STRATEGY.fullmatch(value):
        return value
    raise ValueError(
        "not a strategy; give adaptive, sequential (one at a time), simultaneous (everybody at"
        " once) or waves(n) with n at once"
    )


class LotPart(Part):
    """A lot: its outcodes, and the lots that may be asked after it."""

    outcodes: Annotated[tuple[Outcode, ...], Field(min_length=1)]
    neighbours: tuple[Code, ...] = ()


class RankingPart(Part):
    """What ranks: a list in its order, or components with weights, none above another."""

    components: tuple[Component, ...]
    weights: dict[Component, Annotated[float, Field(gt=0, le=1_000)]] = Field(default_factory=dict)


def _ranking(value: object) -> object:
    """A list of components, or a mapping of each to its weight."""
    if isinstance(value, dict) and not {"components", "weights"} & set(value):
        return {"components": tuple(value), "weights": value}
    return {"components": value} if isinstance(value, list | tuple) else value


Ranking = Annotated[RankingPart, BeforeValidator(_ranking)]


class TierPart(Part):
    """One step of the fallback, with the clause it rests on."""

    name: Code
    label: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    """What people call it, where the kind of contract has another name here."""
    contract: ContractKind
    scope: Scope
    clause: Clause
    ranking: Ranking
    award_rule: AwardRule
    settling_minutes: _Minutes | None = None
    strategy: Annotated[str, BeforeValidator(_strategy)]
    window_minutes: Durations
    budget_minutes: Durations
    cqc_ratings: Annotated[tuple[CqcRating, ...], Field(min_length=1)]
    capacity: Capacity = "advisory"
    insurance: Registration = "if_known"
    data_protection: Registration = "if_known"
    continuity_passes: tuple[Passed, ...] = ()
    rate_limit_pence: Annotated[int, Field(gt=0, le=100_000, strict=True)] | None = None
    rate_approver: Code | None = None
    accept_new: Annotated[bool, Field(strict=True)] = True

    @property
    def adaptive(self) -> bool:
        """Whether pacing decides how many are asked."""
        return self.strategy == "adaptive"

    @property
    def asking(self) -> str:
        """The strategy without its number."""
        return self.strategy.partition("(")[0]

    @property
    def wave_size(self) -> int:
        """How many are asked at once; ALL_AT_ONCE where there is no number."""
        waves = _STRATEGY.fullmatch(self.strategy)
        if self.strategy == "sequential":
            return 1
        return int(waves[1]) if waves and waves[1] else ALL_AT_ONCE


class Document(Part):
    """A whole policy document."""

    name: Code
    targets_minutes: Annotated[tuple[_Minutes, ...], Field(min_length=1)]
    """Of the clock, from the instant the referral was received."""
    goals_percent: dict[int, Annotated[float, Field(gt=0, le=100)]] = Field(default_factory=dict)
    """By target: how many of all packages are to be filled by it; what prices are tuned to."""
    prices: dict[int, Annotated[float, Field(ge=0, le=1_000)]] = Field(default_factory=dict)
    """By target: how many offers it is worth not to miss it; what an adaptive tier weighs."""
    confirmation_minutes: Durations
    telephone_grace_minutes: _Minutes
    prompt_decline_minutes: _Minutes
    calendar: CalendarPart | None = None
    most_live_offers: _Count | None = None
    """Of all packages together, for one provider; None: no limit."""
    date_tolerance_days: _Days = 3
    small_change_percent: Annotated[int, Field(ge=0, le=100, strict=True)] = 10
    hold_days: _Days = 5
    pause_days: _Days = 14
    start_overdue_hours: _Count = 24
    care_gap_hours: _Count = 24
    pause_warning_hours: _Count = 48
    care_answer_hours: _Count = 24
    reablement_weeks: Annotated[int, Field(ge=1, le=52, strict=True)] = 6
    reablement_review_days: _Days = 7
    person_view_needed: tuple[PersonView, ...] = ()
    """One of these is needed to confirm an award; empty: whatever the person thinks."""
    withdraw_on_suspension: Annotated[bool, Field(strict=True)] = True
    kpis: tuple[KpiPart, ...] = ()
    lots: dict[Code, LotPart]
    tiers: Annotated[tuple[TierPart, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What could be read of a document.

    `lots` and `tiers` have those parts that are well formed even when others are not, so that
    every mistake can be told at once; `document` is there when all of it is well formed.
    """

    document: Document | None
    lots: dict[str, LotPart]
    tiers: dict[int, TierPart]
    targets_minutes: tuple[int, ...]
    findings: tuple[Finding, ...]
    written: Written

    def finding(self, location: Location, sentence: str) -> Finding:
        """Something to say about the part at a location, at its line or that of what holds it."""
        return self.written.finding(location, sentence)


def parse(path: Path) -> Parsed:
    """Read a document as far as it can be read. Raises OSError if the file cannot be opened."""
    written = read(path, what="policy", keys="name, lots and tiers", most_bytes=DOCUMENT_MAX_BYTES)
    content = written.content
    document, wrong = written.validated(Document) if written.lines else (None, [])
    targets = content.get("targets_minutes")
    return Parsed(
        document=None if written.findings else document,
        lots=_well_formed_lots(content.get("lots")),
        tiers=_well_formed_tiers(content.get("tiers")),
        targets_minutes=document.targets_minutes if document else _numbers(targets),
        findings=(*written.findings, *wrong),
        written=written,
    )


def _well_formed_lots(content: object) -> dict[str, LotPart]:
    lots: dict[str, LotPart] = {}
    for name, part in content.items() if isinstance(content, dict) else ():
        try:
            lots[str(name)] = LotPart.model_validate(part)
        except ValidationError:
            continue  # the whole document's validation has told it
    return lots


def _well_formed_tiers(content: object) -> dict[int, TierPart]:
    tiers: dict[int, TierPart] = {}
    for index, part in enumerate(content if isinstance(content, list) else ()):
        try:
            tiers[index] = TierPart.model_validate(part)
        except ValidationError:
            continue  # the whole document's validation has told it
    return tiers


def _numbers(content: object) -> tuple[int, ...]:
    return (
        tuple(one for one in content if isinstance(one, int)) if isinstance(content, list) else ()
    )
