"""How far apart places are. Where they are is passed in: the rules hold no map."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

EARTH_KM = 6371.0088
"""The mean radius. Source: International Union of Geodesy and Geophysics (1980)."""


class Point(NamedTuple):
    """A place in degrees (WGS 84)."""

    latitude: float
    longitude: float


Places = Mapping[str, Point]
"""Where outcodes (`E17`) and sectors (`E17 3`) lie."""


@lru_cache(maxsize=65_536)
def km_between(one: Point, other: Point) -> float:
    """Kilometres along a great circle, to a tenth.

    A tenth is finer than the middle of a sector is meant; what is nearer than that counts as equal.
    """
    north, south = radians(one.latitude), radians(other.latitude)
    east = radians(other.longitude - one.longitude)
    chord = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2
    return round(2 * EARTH_KM * asin(min(1.0, sqrt(chord))), 1)


def point_of(area: str, places: Places) -> Point | None:
    """Where an outcode or a sector lies, a sector that is not known at its outcode; else None."""
    found = places.get(area)
    return found if found is not None else places.get(area.partition(" ")[0])


def nearest_km(to: str, areas: Iterable[str], places: Places) -> float | None:
    """Kilometres to the nearest of the areas; None if none of them, or not the end, is known."""
    end = point_of(to, places)
    if end is None:
        return None
    starts = (point_of(area, places) for area in areas)
    return min((km_between(start, end) for start in starts if start is not None), default=None)
