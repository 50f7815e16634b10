"""Writes the schemas: `python -m shared.contracts.schemas`."""

import sys

from shared.contracts.schemas import write_all

try:
    changed = write_all()
except ValueError as error:
    sys.exit(f"Not written, since readers of the published versions would break:\n{error}")
sys.stdout.write("\n".join(changed or ["All schemas are up to date."]) + "\n")
