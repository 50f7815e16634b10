"""What a demo is asked to be."""

from dataclasses import dataclass
from pathlib import Path

TARGET_HOURS = 4
"""The last target: the demo ends when the last referral's four hours are over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """How long, how fast, how many, by which rules. The same seed gives the same day and habits."""

    seed: int
    scale: float
    referrals: int
    day_hours: float
    policy: Path
