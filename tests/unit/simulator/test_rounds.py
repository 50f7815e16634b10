"""What a simulated provider carries, as gates and ranking weigh it."""

from uuid import UUID

from deploy.simulator.rounds import Rounds
from services.matching.domain.load import NO_LOAD
from tests.unit.matching.world import policy, tier

A, B = UUID(int=1), UUID(int=2)


def test_packages_are_carried_until_they_end_or_are_given_back():
    """Hours a week and places, each place once; live offers come and go."""
    rounds = Rounds(policy(tier(capacity="strict")))
    rounds.take(A, 1, area="E4", weekly_minutes=600, until=100)
    rounds.take(A, 2, area="E4", weekly_minutes=300, until=200)
    rounds.take(B, 3, area="E17", weekly_minutes=60, until=300)
    rounds.offered([(A, 1), (A, 1), (A, -1)])
    load = rounds.load(50)
    assert load.held_hours == {A: 15.0, B: 1.0}
    assert load.rounds == {A: ("E4",), B: ("E17",)}
    assert load.live_offers == {A: 1}
    rounds.give_back(B, 3)
    rounds.give_back(B, 9)
    later = rounds.load(100)
    assert later.held_hours == {A: 5.0, B: 0}
    assert later.rounds == {A: ("E4",), B: ()}


def test_what_no_policy_weighs_is_not_reckoned():
    """A run of a policy that asks for nothing costs nothing."""
    assert Rounds(policy()).load(0) is NO_LOAD
