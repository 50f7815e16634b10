"""Ids that follow from other ids, so that an answer given twice is one answer."""

from typing import Literal, TypeAlias
from uuid import UUID, uuid5

AwardRequest: TypeAlias = Literal["confirm", "release", "start"]


def answer_id(offer_id: UUID) -> UUID:
    """The id of the one answer that an offer can have by the endpoint, whether yes or no."""
    return uuid5(offer_id, "answer")


def award_request_id(award_id: UUID, request: AwardRequest, refused_before: int = 0) -> UUID:
    """The id of an award's request of one kind; one that was refused can be made again."""
    return uuid5(award_id, f"{request}/{refused_before}" if refused_before else request)
