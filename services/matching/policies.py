"""The policies in use: the version in force, and every one that a placement began under."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import structlog

from services.matching.domain.policy import Policy, PolicyBook
from services.matching.policy_document import Document
from services.matching.policy_file import read_document, to_policy, version_of
from services.matching.store import QUERIES, Weighs
from shared import clock
from shared.postgres.connection import Connection

FIRST_AUTHOR, FIRST_REASON = "homeward", "the policy that the service was first started with"

log = structlog.get_logger(__name__)


class Policies:
    """Policy by version. A placement keeps the version it began with, whatever is in force."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.current = to_policy(document)
        self._by_version = {self.current.version: self.current}
        self.weighs = _weighed_by(self._by_version.values())

    @staticmethod
    def from_file(path: Path) -> "Policies":
        """The policy of a file, until what was published is read. Raises InvalidPolicyError."""
        return Policies(read_document(path))

    @property
    def book(self) -> PolicyBook:
        """The version in force and every version that is known, as the rules look them up."""
        return PolicyBook(current=self.current, versions=self._by_version)

    async def known(self, connection: Connection, versions: Iterable[str]) -> None:
        """Reads what is new if one of these versions is: another process may begin searches under
        a newer policy than this one's."""
        if any(version not in self._by_version for version in versions):
            await self._read_kept(connection)

    async def in_force(self, connection: Connection, now: datetime) -> Policy:
        """The newest published version that is in force: the one under which a search begins now."""
        version = await QUERIES.version_in_force(connection, now=now)
        if version is not None and version != self.current.version:
            await self.known(connection, (version,))
            self.current = self._by_version[version]
        return self.current

    async def keep(self, connection: Connection) -> None:
        """Publishes the policy of the file if none ever was, and reads what was in use before."""
        offered = to_policy(self._document)
        now = await clock.now(connection)
        await _keep(connection, self._document)
        await QUERIES.publish_first(
            connection, version=offered.version, author=FIRST_AUTHOR, reason=FIRST_REASON, now=now
        )
        await self._read_kept(connection)
        current = await self.in_force(connection, now)
        if current.version != offered.version:
            log.warning(
                "policy.not-the-files", in_force=current.version, of_file=offered.version,
                remedy="homeward policy publish",
            )  # fmt: skip

    async def _read_kept(self, connection: Connection) -> None:
        for row in await QUERIES.kept_policies(connection):
            if row["version"] not in self._by_version:
                document = Document.model_validate_json(row["document"])
                self._by_version[row["version"]] = to_policy(document, version=row["version"])
        self.weighs = _weighed_by(self._by_version.values())


async def publish(
    connection: Connection,
    document: Document,
    *,
    author: str,
    reason: str,
    in_force_from: datetime | None = None,
) -> int:
    """Brings a document into force, at once if not said from when; the publication's number.

    Searches under way keep their version. To be called in a transaction.
    """
    now = await clock.now(connection)
    await _keep(connection, document)
    number: int = await QUERIES.publish(
        connection,
        version=version_of(document),
        author=author,
        reason=reason,
        now=now,
        in_force_from=in_force_from or now,
    )
    return number


async def _keep(connection: Connection, document: Document) -> None:
    await QUERIES.keep_policy(
        connection,
        version=version_of(document),
        name=document.name,
        document=document.model_dump_json(by_alias=True),
    )


def _weighed_by(policies: Iterable[Policy]) -> Weighs:
    known = list(policies)
    return Weighs(
        rounds=any(policy.weighs_rounds for policy in known),
        live_offers=any(policy.limits_live_offers for policy in known),
    )
