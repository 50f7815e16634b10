"""Two referrals of people who live together: shown with each other, awarded separately."""

from uuid import UUID

from services.referrals.store import REFERRALS
from shared.postgres.connection import Connection
from shared.web.problems import invalid
from shared.web.tokens import Caller

_FIELD = "linked_referral_id"


async def check_linked(
    connection: Connection, referral_id: UUID, linked_referral_id: UUID | None, caller: Caller
) -> None:
    """Raises Problem 422 for a link to itself, or to what is not there for this caller."""
    if linked_referral_id is None:
        return
    if linked_referral_id == referral_id:
        raise invalid((_FIELD, "linked_to_itself", "name the other person's referral"))
    other = (await REFERRALS.load(connection, [linked_referral_id])).get(linked_referral_id)
    if other is None or not caller.scope.holds_ward(other.organisation, other.ward):
        wanted = (
            "no such referral is in your token's scope: check the id, or ask your hub to link them"
        )
        raise invalid((_FIELD, "unknown_referral", wanted))
