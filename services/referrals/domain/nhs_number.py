"""NHS numbers: ten digits, the last of which checks the others."""

_DIGITS = 10
_SEPARATORS = str.maketrans("", "", " -")


def normalised(text: str) -> str | None:
    """The ten digits of an NHS number written with or without spaces and hyphens, or None.

    The check digit is 11 less the weighted sum's remainder modulus 11; 11 is written 0, 10 means
    that the number does not exist. A number of one digit repeated passes that sum in places but is
    only ever a filler, and is refused.
    Source: NHS Data Model and Dictionary, NHS NUMBER.
    """
    digits = text.translate(_SEPARATORS)
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    if len(set(digits)) == 1:
        return None
    total = sum(
        int(digit) * weight for digit, weight in zip(digits, range(_DIGITS, 1, -1), strict=False)
    )
    check = (11 - total % 11) % 11
    return digits if check == int(digits[-1]) else None
