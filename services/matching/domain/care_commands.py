"""What matching is asked to do about care that was awarded, in the imperative."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.matching.domain.codes import Contingency, HandBackReason
from services.matching.domain.requirement import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutAward:
    """What a provider says about an award of its own."""

    provider_id: UUID
    award_id: UUID
    recorded_at: datetime
    response_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandBack(AboutAward):
    """The provider gives up a package that it confirmed; it is searched anew."""

    reason: HandBackReason
    last_visit_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRestart(AboutAward):
    """Whether the provider goes on with a package that it holds while the person was away."""

    agrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerChange(AboutAward):
    """Whether the provider goes on with what is needed now, by the version that it was asked about."""

    version: int
    agrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseCare:
    """The person is away (in hospital, say): hold the package for its provider until a date."""

    held_until: datetime
    retainer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartCare:
    """The person comes home: the provider that holds the package is asked, else it is searched."""

    restart_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCare:
    """What is needed has changed for good: the provider is asked before anybody else."""

    requirement: Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCare:
    """Care is needed no longer; nobody is searched."""

    last_visit_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCare:
    """Another provider is to take over, as the person has agreed (or failed: its provider cannot)."""

    because: Literal["transferred", "provider_failed"]
    last_visit_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueLongTerm:
    """Reablement is over and care is needed for good: searched, the same provider first."""

    requirement: Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordContingency:
    """Who cares while nobody holds a visit."""

    contingency: Contingency


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Visits of a package are placed apart. Each part is the places of its visits in the list."""

    parts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Parts that nobody has yet are searched as one package again."""

    placement_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """Bridging care with an end date is searched while the long-term search goes on."""

    until: datetime


CareAnswer = HandBack | AnswerRestart | AnswerChange
CareOrder = (
    PauseCare
    | RestartCare
    | ChangeCare
    | EndCare
    | TransferCare
    | ContinueLongTerm
    | RecordContingency
    | Split
    | Merge
    | Bridge
)
CareCommand = CareAnswer | CareOrder
