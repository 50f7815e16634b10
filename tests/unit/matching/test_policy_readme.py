"""The page about policies names every key that a document may have."""

import re
from pathlib import Path
from typing import get_args

import pytest

from services.matching.domain.codes import RankingComponent
from services.matching.policy_document import Document, LotPart, TierPart
from services.matching.policy_parts import CalendarPart, ClausePart, KpiPart

NAMED = set(re.findall(r"`([a-z_]+)[`:]", Path("deploy/policies/README.md").read_text()))


@pytest.mark.parametrize("part", [Document, LotPart, TierPart, CalendarPart, ClausePart, KpiPart])
def test_every_key_is_explained(part):
    """A key that nobody can read about is one that nobody uses."""
    assert set(part.model_fields) <= NAMED


def test_every_component_and_shipped_policy_is_named():
    """As they are written in a document; each policy that ships has a line."""
    assert set(get_args(RankingComponent)) <= NAMED
    text = Path("deploy/policies/README.md").read_text()
    for path in Path("deploy/policies").glob("*.yaml"):
        assert f"| `{path.stem}` |" in text
