"""Starting, finding and ending child processes, whatever happened to their parent."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

TETHER = Path(__file__).with_name("tether.py")
MARK = "HOMEWARD_SUPERVISED"
"""Environment variable that names the state folder a process belongs to."""

_UNWANTED_PREFIXES = ("PG", "JAVA_", "_JAVA", "JDK_JAVA", "CLASSPATH", "KAFKA_", "LD_PRELOAD")

# The kernel ends a tethered child when the *thread* that started it ends, not the process.
# One thread that lives as long as the process therefore starts them all.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


def clean_environment() -> dict[str, str]:
    """The environment without settings of servers or a Java that the machine may have."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED_PREFIXES)
    }


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    folder: Path,
    environment: Mapping[str, str],
    end_signal: signal.Signals = signal.SIGTERM,
    identity: str = "same",
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own that gets `end_signal` when this process ends.

    Its output is appended to `log`. `identity` is described in `tether`.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), str(int(end_signal))]
    with log.open("ab") as output:
        return _spawner.submit(
            subprocess.Popen,
            [*tether, identity, *(str(part) for part in command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
        ).result()


def end(process: subprocess.Popen[bytes], number: signal.Signals, timeout_seconds: float) -> None:
    """End a child: ask with the signal, and after the timeout insist. Safe if it has ended."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(timeout_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def working_in(folder: Path) -> list[psutil.Process]:
    """Processes whose working directory is the folder or lies in it, except this one."""
    root = folder.resolve()

    def works_there(process: psutil.Process) -> bool:
        return Path(process.cwd()).is_relative_to(root)

    return _matching(works_there)


def marked(state: Path) -> list[psutil.Process]:
    """Processes that a supervisor of this state folder started, except this one."""
    text = str(state.resolve())

    def carries_mark(process: psutil.Process) -> bool:
        return bool(process.environ().get(MARK) == text)

    return _matching(carries_mark)


def kill_all(processes: Iterable[psutil.Process], timeout_seconds: float = 10) -> None:
    """Kill processes and return once the kernel has let go of them."""
    doomed = list(processes)
    for process in doomed:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(doomed, timeout=timeout_seconds)


def _matching(belongs: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and belongs(process):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError):
            continue  # It ended meanwhile, or belongs to someone else: not ours either way.
    return found
