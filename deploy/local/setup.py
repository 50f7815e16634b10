"""What `make setup` does beyond Python packages: Kafka's jars and its fast start.

Run as `python -m deploy.local.setup`; says nothing when there is nothing to do.
"""

import sys
import tempfile
from pathlib import Path

from deploy.local import jars
from deploy.local.errors import StackError
from deploy.local.kafka import Kafka


def prepare_cache(cache: Path) -> None:
    """Fetch and verify the jars, and make the ahead-of-time cache; repeats cost a second."""
    jars.ensure_jars(cache)
    with tempfile.TemporaryDirectory(dir=cache, prefix="training-") as folder:
        kafka = Kafka(Path(folder) / "kafka", Path(folder) / "kafka.log", cache)
        if kafka.is_trained():
            return
        sys.stderr.write("Preparing Kafka for a fast start, once, about 15 seconds.\n")
        if not kafka.train():
            sys.stderr.write("This machine gets no fast start; everything else works.\n")


def main() -> int:
    """Exit status 0 when the machine is ready, 1 with a sentence otherwise."""
    try:
        prepare_cache(jars.cache_folder())
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
