"""The number of a service order: it follows from the award, so whoever knows one knows the other.

Derived, so that a service restored from its backup gives the same numbers again, and so that a
number which a person types beside a placement can be checked without asking anybody.
"""

import hashlib
from uuid import UUID

PATTERN = r"^SO-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$"
"""Letters and digits that nobody takes for each other. Source: Crockford's base 32."""
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BITS_OF_A_SIGN = 5
_SIGNS = 12
_GROUP = 4


def number_of(award_id: UUID) -> str:
    """The number of the orders of an award, for example SO-7F3K-9Q2M-4XNA. 60 bits of a hash."""
    hashed = hashlib.blake2b(award_id.bytes, digest_size=8, person=b"service-order").digest()
    bits = int.from_bytes(hashed, "big")
    signs = [_ALPHABET[bits >> n * _BITS_OF_A_SIGN & 31] for n in range(_SIGNS)]
    groups = ["".join(signs[n : n + _GROUP]) for n in range(0, _SIGNS, _GROUP)]
    return "-".join(["SO", *groups])
