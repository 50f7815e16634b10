"""The policies in use: the current one, and every one that a placement began under."""

from collections.abc import Iterable
from pathlib import Path

from services.matching.domain.policy import PolicyBook
from services.matching.policy_document import Document
from services.matching.policy_file import read_document, to_policy
from services.matching.store import QUERIES
from shared.postgres.connection import Connection


class Policies:
    """Policy by version. A placement keeps the version it began with, whatever is current."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.current = to_policy(document)
        self._by_version = {self.current.version: self.current}

    @staticmethod
    def from_file(path: Path) -> "Policies":
        """The policy of a file as the current one. Raises InvalidPolicyError naming the lines."""
        return Policies(read_document(path))

    @property
    def book(self) -> PolicyBook:
        """Every version that is known, as the rules look them up."""
        return PolicyBook(current=self.current, versions=self._by_version)

    async def known(self, connection: Connection, versions: Iterable[str]) -> None:
        """Reads what is new if one of these versions is: another process may begin searches under
        a newer policy than this one's."""
        if any(version not in self._by_version for version in versions):
            await self._read_kept(connection)

    async def keep(self, connection: Connection) -> None:
        """Keeps the current version for later, and reads those that were in use before."""
        current = self.current
        await QUERIES.keep_policy(
            connection,
            version=current.version,
            name=current.name,
            document=self._document.model_dump_json(by_alias=True),
        )
        await self._read_kept(connection)

    async def _read_kept(self, connection: Connection) -> None:
        for row in await QUERIES.kept_policies(connection):
            if row["version"] not in self._by_version:
                document = Document.model_validate_json(row["document"])
                self._by_version[row["version"]] = to_policy(document)
