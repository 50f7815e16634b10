"""What a token says of its holder: role, scope, and the names by which a policy knows it."""

from datetime import timedelta

import pytest

from shared.ids import new_id
from shared.web.tokens import Caller, Scope, new_token

DAY = timedelta(days=1)


def test_a_grade_is_kept_with_the_scope() -> None:
    """It comes back as it was stored, and tokens from before grades have none."""
    scope = Scope(grades=frozenset({"brokerage-manager", "team-leader"}))
    assert Scope.from_json(scope.to_json()) == scope
    assert Scope.from_json('{"organisations": ["whipps"], "wards": "*"}').grades == frozenset()


def test_a_broker_acts_by_its_name_and_by_its_grades() -> None:
    """A policy may name either."""
    scope = Scope(grades=frozenset({"brokerage-manager"}))
    token = new_token("broker", "kim", scope, DAY)
    known = Caller(subject=token.subject, role=token.role, scope=token.scope, token_id=new_id())
    assert known.acts_as == {"kim", "brokerage-manager"}


@pytest.mark.parametrize(
    ("role", "grade", "said"),
    [("operator", "brokerage-manager", "only a broker"), ("broker", "Head of it", "short code")],
)
def test_a_grade_is_a_code_and_for_brokers(role, grade, said) -> None:
    """Nobody else decides what a policy leaves to a grade, and the policy writes codes."""
    with pytest.raises(ValueError, match=said):
        new_token(role, "kim", Scope(grades=frozenset({grade})), DAY)
