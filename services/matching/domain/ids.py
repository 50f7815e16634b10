"""Ids that follow from what they name, so that deciding again gives the same ones."""

from uuid import UUID, uuid5

_ROOT = UUID("5f1d9d0e-6c1b-5a55-9a43-6d2a4c0f7b10")


def placement_id(referral_id: UUID) -> UUID:
    """The id of a referral's placement."""
    return uuid5(_ROOT, f"placement:{referral_id.hex}")


def offer_id(placement: UUID, round_: int, provider_id: UUID, before: int = 0) -> UUID:
    """The id of an offer. By itself a search asks a provider once in a round; a person may have it
    asked again, and `before` counts its offers in the round until then."""
    again = f":{before}" if before else ""
    return uuid5(placement, f"offer:{round_}:{provider_id.hex}{again}")


def award_id(placement: UUID, round_: int, provider_id: UUID, awards_before: int) -> UUID:
    """The id of an award; `awards_before` tells apart two awards to one provider in a round."""
    return uuid5(placement, f"award:{round_}:{provider_id.hex}:{awards_before}")
