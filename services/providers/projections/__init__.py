"""What this service knows from events. Each table can be thrown away and made again.

`project` functions are pure. Those of `placements.v1` follow what matching decided and never judge.
"""

from services.providers.projections.links import LINKS
from services.providers.projections.offers import OFFERS
from services.providers.projections.outcomes import OUTCOMES
from services.providers.projections.packages import PACKAGES
from services.providers.projections.recorded import REGISTER, RESPONSES
from services.providers.projections.searches import SEARCHES

PROJECTIONS = (OFFERS, PACKAGES, SEARCHES, OUTCOMES, LINKS, RESPONSES, REGISTER)
"""All of them, for `homeward rebuild` and `homeward verify`."""
FROM_PLACEMENTS = (OFFERS, PACKAGES, SEARCHES, OUTCOMES, LINKS)
"""Those that the consumer keeps up to date."""

__all__ = [
    "FROM_PLACEMENTS",
    "LINKS",
    "OFFERS",
    "OUTCOMES",
    "PACKAGES",
    "PROJECTIONS",
    "REGISTER",
    "RESPONSES",
    "SEARCHES",
]
