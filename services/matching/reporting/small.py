"""Figures of few people are hidden, and others with them where a subtraction would reveal them."""

from collections.abc import Sequence

FEWEST = 5
"""Fewer people than that could be recognised. Source: the usual rule for published health figures."""


def kept_apart(counts: Sequence[int]) -> list[bool]:
    """Which parts of a total that is shown may be shown.

    Those under `FEWEST` are hidden; then, the smallest first, as many others as it takes until two
    are hidden or none, and the hidden ones are `FEWEST` or more together.
    """
    kept = [count >= FEWEST for count in counts]
    while True:
        hidden = [count for count, keep in zip(counts, kept, strict=True) if not keep]
        if not hidden or (len(hidden) > 1 and sum(hidden) >= FEWEST) or not any(kept):
            return kept
        smallest = min((n for n, keep in enumerate(kept) if keep), key=lambda n: (counts[n], n))
        kept[smallest] = False
