"""Named queries: SQL stays in `.sql` files, each query with a name and one line of what it does."""

from pathlib import Path
from typing import Any

import aiosql


def load_queries(folder: Path) -> Any:
    """The queries of all `.sql` files in a folder (not its subfolders), as functions by name."""
    return aiosql.from_path(folder, "asyncpg", mandatory_parameters=False)
