"""What is made from events alone: it can be thrown away and made again.

`project` functions are pure and follow what was decided; they judge nothing.
"""

from services.referrals.projections.awards import AWARDS, NEEDS
from services.referrals.projections.board import BOARD

PROJECTIONS = (BOARD, AWARDS, NEEDS)
"""All of them, for `homeward rebuild` and `homeward verify`."""

__all__ = ["AWARDS", "BOARD", "NEEDS", "PROJECTIONS"]
