"""Ids that follow from other ids, so that an answer given twice is one answer."""

from typing import Literal, TypeAlias
from uuid import UUID, uuid5

AwardRequest: TypeAlias = Literal["confirm", "release", "start", "hand_back"]
Question: TypeAlias = Literal["restart", "change"]
"""What matching asks of the provider that has the package."""


def answer_id(offer_id: UUID) -> UUID:
    """The id of the one answer that an offer can have by the endpoint, whether yes or no."""
    return uuid5(offer_id, "answer")


def counter_answer_id(offer_id: UUID) -> UUID:
    """The id of the one answer to the terms that were put in place of an offer's condition."""
    return uuid5(offer_id, "counter")


def award_request_id(award_id: UUID, request: AwardRequest, refused_before: int = 0) -> UUID:
    """The id of an award's request of one kind; one that was refused can be made again."""
    return uuid5(award_id, f"{request}/{refused_before}" if refused_before else request)


def question_answer_id(
    award_id: UUID, question: Question, number: int, refused_before: int = 0
) -> UUID:
    """The id of the one answer to a question: the `number`-th restart, or a change's version."""
    asked = f"{question}:{number}"
    return uuid5(award_id, f"{asked}/{refused_before}" if refused_before else asked)
