"""Where outcodes and sectors lie, as the file beside the code has them."""

import csv
import gzip
from functools import cache
from pathlib import Path

from services.matching.domain.geography import Places, Point

FILE = Path(__file__).parent / "data" / "sectors.csv.gz"


@cache
def places() -> Places:
    """Every outcode and sector of Great Britain with the mean of its postcodes' places.

    Contains OS data © Crown copyright and database right 2024. Source: OS Code-Point Open.
    """
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as lines:
        return {
            row["area"]: Point(float(row["latitude"]), float(row["longitude"]))
            for row in csv.DictReader(lines)
        }
