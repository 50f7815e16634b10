"""What is believed of providers' answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp
from uuid import UUID

from services.matching.domain.codes import ContractKind
from services.matching.domain.curve import BIN_MINUTES, BINS, Curve
from services.matching.domain.hours import Hours
from services.matching.domain.requirement import Needed

_ANY = Curve(yes=0.3, silent=tuple(exp(-0.02 * BIN_MINUTES * k) for k in range(BINS + 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Responses:
    """Beliefs about everybody."""

    hours: Hours = field(default_factory=Hours)

    def curve(
        self,
        provider_id: UUID,
        kind: ContractKind,
        lot: str | None,
        needed: Needed,
        hardness: float = 0.0,
    ) -> Curve:
        """What is believed of one provider about one package."""
        return _ANY

    def hardness(self, declined: Sequence[float]) -> float:
        """How much harder a package is than it looks, in log-odds of a yes."""
        return 0.0


PRIOR = Responses()
