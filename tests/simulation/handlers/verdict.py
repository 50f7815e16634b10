"""What must hold once a world has come to rest, read from the database and the log alone.

Where `homeward verify` checks the same, its code is used: `broken_in` for one placement's history,
`missing_from` for the log. What is added here knows more than an installation can: what was really
said, when, and how many keys there were.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from deploy.invariants.log import missing_from
from deploy.invariants.timeline import broken_in
from services.matching.domain.commands import ReconsiderMarket
from services.matching.domain.decide import decide
from services.matching.domain.events import Event, SearchExhausted
from services.matching.domain.interventions import OfferWindowChanged
from services.matching.domain.market import Market
from services.matching.domain.negotiations import ConditionCountered
from services.matching.domain.package import fold
from services.matching.domain.placement import Exhausted
from services.matching.handlers import TOPIC
from services.matching.history import read_event, read_package
from services.matching.projections import FROM_PLACEMENTS, REGISTER
from services.matching.rederiving import rederived
from services.matching.store import MarketRoom
from services.matching.tallies import TALLIES
from shared.contracts.envelope import read_headers, read_key
from shared.contracts.providers import ProviderRecorded
from shared.contracts.topics import topics
from shared.messaging.records import read
from tests.simulation.handlers.settling import unsettled_in
from tests.simulation.handlers.world import World

FILLED = ("awarded", "confirmed", "started")
OVER = ("ending", "ended", "withdrawn")
SHADOW = "shadow_"


async def faults_in(world: World) -> list[str]:
    """Every sentence that says what does not hold; empty if all does."""
    database = world.database
    histories: dict[UUID, list[dict[str, Any]]] = {}
    for row in sorted(database.rows("events"), key=lambda row: row["sequence"]):
        histories.setdefault(row["key"], []).append(row)
    events = {
        key: [read_event(row["type"], row["body"]) for row in rows]
        for key, rows in histories.items()
    }
    return [
        *_histories_hold(world, events),
        *_nothing_is_early(histories),
        *_everything_ends(world),
        *_log_holds(world, histories),
        *_everything_was_read(world),
        *_answers_agree(world, events),
        *[fault async for fault in _projections_hold(world, events)],
        *[fault async for fault in _markets_agree(world, events)],
    ]


def _histories_hold(world: World, events: dict[UUID, list[Event]]) -> Iterator[str]:
    """I1, I3, I4, I5 of each placement; its state is the fold of its events (I7)."""
    stored = {row["referral_id"]: row for row in world.database.rows("placements")}
    versions = world.policies()
    for key, history in events.items():
        yield from broken_in(history)
        for placement_id in dict.fromkeys(event.placement_id for event in history):
            own = [event for event in history if event.placement_id == placement_id]
            yield from unsettled_in(own, versions)
            for one in rederived(own, versions):
                yield from (f"I5: {key} is not re-derived: {fault}" for fault in one.faults)
        row = stored.pop(key)
        if read_package(row["status"], row["state"]) != fold(history):
            yield f"I7: the state of placement {key} is not the fold of its events"
        if row["sequence"] != len(history):
            yield f"I6: placement {key} has {len(history)} events and counts {row['sequence']}"
    yield from (f"I7: placement {key} has no events" for key in stored)
    live = Counter(r["placement_id"] for r in world.database.rows("awards") if r["state"] == "live")
    yield from (f"I1: placement {key} has {n} live awards" for key, n in live.items() if n > 1)


def _nothing_is_early(histories: dict[UUID, list[dict[str, Any]]]) -> Iterator[str]:
    """I3: nothing is decided at an instant that the clock had not reached."""
    for rows in histories.values():
        for row in rows:
            if row["recorded_at"] > row["clock"]:
                yield f"I3: {row['type']} of {row['recorded_at']} was written at {row['clock']}"


def _everything_ends(world: World) -> Iterator[str]:
    """I2: filled, withdrawn, or open for a person; and nothing waits for a clock."""
    summaries = world.database.rows("summaries")
    known = {row["referral_id"] for row in summaries}
    lost = [one for one in world.outside.referrals if one not in known]
    yield from (f"I2: referral {referral_id} is lost" for referral_id in lost)
    for row in summaries:
        if row["status"] not in (*FILLED, *OVER) and not row["escalations"]:
            yield f"I2: placement {row['placement_id']} is {row['status']} and nobody is told"
        if row["status"] in ("ended", "withdrawn") and row["escalations"]:
            yield f"I2: placement {row['placement_id']} is over and asks for {row['escalations']}"
    for row in world.database.rows("placements"):
        if row["next_due_at"] is not None:
            yield f"I2: placement {row['referral_id']} is still due at {row['next_due_at']}"


def _nobody_is_forgotten(
    world: World, events: dict[UUID, list[Event]], market: Market
) -> Iterator[str]:
    """I2: who was registered after a search had ended, or had no room then, was asked, or may not be."""
    entered_at = {entry.provider_id: entry.at for entry in _register_entries(world)}
    for row in world.database.rows("placements"):
        package = read_package(row["status"], row["state"])
        for state in package.placements:
            # What was broken when the register changed is left to the person who was told of it.
            if not isinstance(state, Exhausted) or row["referral_id"] in world.outside.unwritable:
                continue
            ended_at = max(
                e.at
                for e in events[row["referral_id"]]
                if isinstance(e, SearchExhausted) and e.placement_id == state.placement_id
            )
            policy = world.policies()[state.facts.policy_version]
            late = {
                key: one
                for key, one in market.providers.items()
                if entered_at[key] > ended_at or key in state.no_room
            }
            now, after = world.database.now, Market(providers=late, turns={}, load=market.load)
            if decide(state, ReconsiderMarket(), now, policy, after):
                yield f"I2: {row['referral_id']} has somebody to ask and nobody asks"


def _log_holds(world: World, histories: dict[UUID, list[dict[str, Any]]]) -> Iterator[str]:
    """I6: what is committed is on the log in order, and nothing else is."""
    unsent = {row["position"] for row in world.database.rows("outbox")}
    rows = [{**row, "unsent": row["position"] in unsent} for row in world.database.rows("events")]
    records = []
    for record in world.kafka.records(TOPIC):
        envelope, key = read_headers(record.headers), read_key(record.key)
        records.append((key, envelope.sequence, envelope.id))
        history = histories.get(key, ())
        committed = history[envelope.sequence - 1] if envelope.sequence <= len(history) else None
        if committed is None or committed["body"].encode() != record.value:
            yield f"I6: {envelope.type} {envelope.sequence} of {key} was sent, never committed"
    missing = missing_from(rows, records)
    if missing or unsent:
        yield f"I6: the log lacks {len(missing)} events, and {len(unsent)} are unsent"
    for key, history in histories.items():
        if [row["sequence"] for row in history] != list(range(1, len(history) + 1)):
            yield f"I6: the sequences of {key} are not contiguous"


def _everything_was_read(world: World) -> Iterator[str]:
    """I6 and I10: each record took effect once, in the order of its key, and none waits."""
    handled = {row["place"]: list(row["sequences"]) for row in world.database.rows("handled")}
    for place, count in world.post.sequences.items():
        effects = handled.pop(place, [])
        if topics()[place[0]].order == "newest":
            wanted = sorted(set(effects)) if effects[-1:] == [count] else [count]
        else:
            wanted = list(range(1, count + 1))
        if effects != wanted:
            yield f"I6: {place} took effect as {effects}, not as {wanted}"
    yield from (f"I6: {place} was never said" for place in handled)
    for row in world.database.rows("parked"):
        yield f"I10: a record of {row['key']!r} is still parked: {row['error']}"


def _answers_agree(world: World, events: dict[UUID, list[Event]]) -> Iterator[str]:
    """I4: each answer has one outcome, and one given in time is never told that it was late."""
    outcomes: dict[UUID, list[Any]] = {}
    expires_at = {}
    for history in events.values():
        for event in history:
            response_id = getattr(event, "response_id", None)
            if response_id is not None:
                outcomes.setdefault(response_id, []).append(event)
            for offer in getattr(event, "offers", ()):
                expires_at[offer.offer_id] = event.expires_at  # type: ignore[union-attr]
            if isinstance(event, OfferWindowChanged | ConditionCountered):
                expires_at[event.offer_id] = event.expires_at
    for said in world.outside.said:
        kinds = [_kind(outcome) for outcome in outcomes.get(said.response_id, ())]
        if not _is_one_outcome(kinds):
            yield f"I4: {said.kind} {said.response_id} has the outcomes {kinds}"
        due_at = expires_at.get(said.about_id)
        late = due_at is not None and said.recorded_at >= due_at
        if not late and "offer-lapsed" in kinds:
            yield f"I4: {said.kind} of {said.recorded_at} was refused as late"
        if late and kinds[:1] in (["stood"], ["awarded"], ["declined"]):
            yield f"I4: {said.kind} of {said.recorded_at} counted though it was late"


_QUESTIONED = ("rate-quoted", "condition-raised")
_DECIDED = ("rate-refused", "condition-refused", "condition-countered", "already-placed")


def _is_one_outcome(kinds: list[str]) -> bool:
    """One word, and a later one for a yes that stood or that a broker had to look at."""
    if kinds[:1] and kinds[0] in _QUESTIONED:
        kinds = kinds[1:]
        if not kinds or (len(kinds) == 1 and kinds[0] in _DECIDED):
            return True
    return kinds == ["stood", "awarded"] or len(kinds) == 1


def _kind(outcome: Any) -> str:
    kind = outcome.TYPE.split(".")[-2]
    told: str = {"request-refused": getattr(outcome, "code", ""), "acceptance-stood": "stood",
            "offer-declined": "declined"}.get(kind, kind)  # fmt: skip
    return told


async def _projections_hold(world: World, events: dict[UUID, list[Event]]):
    """I7: each projection is what its events make of an empty table."""
    database = world.database
    decided = [event for history in events.values() for event in history]
    register = list(_register_entries(world))
    async with database.pool().acquire() as connection:
        sources: Iterable[tuple[Any, list[Any]]] = (
            *((one, decided) for one in (*FROM_PLACEMENTS, TALLIES)), (REGISTER, register)
        )  # fmt: skip
        for projection, source in sources:
            shadow = SHADOW + projection.rows.table
            await projection.apply(connection, source, table=shadow)
            if database.tables[projection.rows.table] != database.tables[shadow]:
                yield f"I7: {projection.name} differs from its rebuild"


def _register_entries(world: World) -> Iterator[ProviderRecorded]:
    reached: dict[UUID, int] = {}
    for record in world.kafka.records("providers.v1"):
        received = read(record, record.topic).received
        if received is not None and received.sequence > reached.get(received.key, 0):
            reached[received.key] = received.sequence
            assert isinstance(received.event, ProviderRecorded)
            yield received.event


async def _markets_agree(world: World, events: dict[UUID, list[Event]]):
    """What a process remembers of the market is what the database says; it asked all it could."""
    now = world.database.now
    async with world.database.pool().acquire() as connection:
        true = await MarketRoom().now(connection, now)
        for process in world.processes:
            market = await process.matching.market.now(connection, now)
            if market != true:
                yield f"I7: process {process.name} remembers another market than there is"
    for fault in _nobody_is_forgotten(world, events, true):
        yield fault
