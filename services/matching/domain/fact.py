"""What every event of a placement has."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementEvent:
    """One fact about one placement, decided at `at`."""

    TYPE: ClassVar[str]
    at: datetime
    referral_id: UUID
    placement_id: UUID
