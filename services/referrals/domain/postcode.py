"""Postcodes: the form, and what of one may leave this service: the outcode, or the sector where the
council permits it."""

import re

_OUTWARD = (
    r"[A-PR-UWYZ]"  # the first letter is never Q, V or X
    r"(?:[0-9]{1,2}"  # M1, B33
    r"|[0-9][ABCDEFGHJKPSTUW]"  # W1A
    r"|[A-HK-Y][0-9]{1,2}"  # CR2, DN55
    r"|[A-HK-Y][0-9][ABEHMNPRVWXY])"  # EC1A
)
_POSTCODE = re.compile(rf"({_OUTWARD})[0-9][ABD-HJLNP-UW-Z]{{2}}")
_NOT_PLACES = ("BF", "BX")
"""Forces' posts and non-geographic addresses: nobody is visited there."""


def normalised(text: str) -> tuple[str, str] | None:
    """A postcode as (outcode, inward part), whatever its case and spaces; None if it is none.

    Postcodes that are no place (GIR 0AA, BFPO, BX) are none.
    Source: Royal Mail, Programmer's Guide to the Postcode Address File, format of postcodes.
    """
    compact = "".join(text.split()).upper()
    if not compact.isascii() or compact.startswith(_NOT_PLACES):
        return None
    found = _POSTCODE.fullmatch(compact)
    # The inward part is always three characters, so the rest is the outcode: E1 7AA, not E17 AA.
    return (found[1], compact[-3:]) if found else None
