-- name: ensure_offsets!
-- Makes the row of each partition that has none yet, so that it can be locked.
insert into offsets (log_id, consumer, topic, partition, next_offset)
select :log_id, :consumer, t.topic, t.partition, 0
from unnest(:topics::text[], :partitions::int[]) as t (topic, partition)
on conflict do nothing;

-- name: lock_offsets
-- Locks the partitions' rows in order, and gives how far each has been handled.
select topic, partition, next_offset from offsets
where log_id = :log_id and consumer = :consumer
  and (topic, partition) in (select * from unnest(:topics::text[], :partitions::int[]))
order by topic, partition
for update;

-- name: advance!
-- Notes how far the partitions have been handled, and the last sequence of each key.
with sequences as (
    insert into inbox (consumer, topic, key, last_sequence)
    select :consumer, t.topic, t.key, t.last_sequence
    from unnest(:key_topics::text[], :keys::uuid[], :sequences::bigint[])
        as t (topic, key, last_sequence)
    on conflict (consumer, topic, key) do update set last_sequence = excluded.last_sequence
)
update offsets o set next_offset = t.next_offset
from unnest(:topics::text[], :partitions::int[], :next_offsets::bigint[])
    as t (topic, partition, next_offset)
where o.log_id = :log_id and o.consumer = :consumer
  and o.topic = t.topic and o.partition = t.partition;

-- name: where_keys_stand
-- Of each of these keys, whether a parked record blocks it, and the last sequence handled of its id.
select k.topic, k.key, k.id, i.last_sequence,
       exists (select from parked p where p.consumer = :consumer and p.topic = k.topic
               and p.key = k.key) as blocked
from unnest(:topics::text[], :keys::bytea[], :ids::uuid[]) as k (topic, key, id)
left join inbox i on i.consumer = :consumer and i.topic = k.topic and i.key = k.id;

-- name: last_sequences
-- The last sequence handled of each of these keys.
select topic, key, last_sequence from inbox
where consumer = :consumer
  and (topic, key) in (select * from unnest(:topics::text[], :keys::uuid[]));

-- name: save_sequences!
-- Notes the last sequence handled of each of these keys.
insert into inbox (consumer, topic, key, last_sequence)
select :consumer, t.topic, t.key, t.last_sequence
from unnest(:topics::text[], :keys::uuid[], :sequences::bigint[])
    as t (topic, key, last_sequence)
on conflict (consumer, topic, key) do update set last_sequence = excluded.last_sequence;

-- name: park!
-- Puts a record aside, once.
insert into parked (log_id, consumer, topic, partition, record_offset, record_time, key, sequence,
                    value, headers, error, parked_at)
values (:log_id, :consumer, :topic, :partition, :record_offset, :record_time, :key, :sequence,
        :value, :headers, :error, clock_timestamp())
on conflict do nothing;

-- name: parked_of_key
-- The parked records of one key, in the order in which they must be handled.
select * from parked where consumer = :consumer and topic = :topic and key = :key
order by sequence nulls first, record_offset;

-- name: parked_one^
-- One parked record.
select * from parked where id = :id;

-- name: unpark!
-- Forgets a parked record that has been handled or discarded.
delete from parked where id = :id;

-- name: parked_again!
-- Notes that a replay failed, and why.
update parked set error = :error, attempts = attempts + 1 where id = :id;

-- name: parked_list
-- What is parked with an error of its own, oldest first, with how many records wait behind it.
select p.id, p.consumer, p.topic, p.partition, p.record_offset, p.sequence, p.error, p.attempts,
       p.parked_at, encode(p.key, 'escape') as key,
       (select count(*) from parked w where w.consumer = p.consumer and w.topic = p.topic
            and w.key = p.key and w.error is null) as waiting
from parked p where p.error is not null
order by p.id limit :most;

-- name: count_blocked$
-- How many keys are blocked, incoming and outgoing.
select (select count(distinct (consumer, topic, coalesce(key, id::text::bytea))) from parked)
     + (select count(distinct key) from outbox where refused_error is not null);

-- name: waiting_keys
-- Keys, among these or with null among all, that wait for no operator: their first parked record has
-- a gap before it that may be filled by now, or no error of its own, since whoever handled the one
-- ahead of it was cut off then.
select topic, key
from (select distinct on (topic, key) topic, key, error from parked
      where consumer = :consumer and key is not null
        and (:keys::bytea[] is null
             or (topic, key) in (select * from unnest(:topics::text[], :keys::bytea[])))
      order by topic, key, sequence nulls first, record_offset) as heads
where error is null or error = 'gap'
order by topic, key;

-- name: unsent
-- Events that Kafka has not acknowledged, in order; those behind a refused one of their key wait.
select e.position, e.topic, e.key, e.sequence, e.id, e.type, e.recorded_at, e.correlation_id,
       e.causation_id, e.body
from outbox o join events e using (position)
where o.refused_error is null
  and not exists (select from outbox r where r.key = o.key and r.refused_error is not null
                  and r.position < o.position)
order by o.position limit :most;

-- name: mark_sent!
-- Forgets what Kafka has acknowledged.
delete from outbox where position = any(:positions::bigint[]);

-- name: refuse!
-- Notes that the broker refuses a record for good; the rest of its key waits.
update outbox set refused_error = :error where position = :position;

-- name: refused_list
-- Outgoing records that the broker refuses, oldest first.
select o.position, e.topic, e.key, e.sequence, o.refused_error,
       (select count(*) from outbox w where w.key = o.key and w.position > o.position) as waiting
from outbox o join events e using (position)
where o.refused_error is not null order by o.position limit :most;

-- name: try_again!
-- Lets a refused record be sent again.
update outbox set refused_error = null where position = :position;

-- name: unannounced
-- Parked records that dead-letters.v1 does not know of yet.
select id, log_id, consumer, topic, partition, record_offset, key, error, parked_at
from parked where not announced and error is not null order by id limit :most;

-- name: mark_announced!
-- Notes that dead-letters.v1 knows of these.
update parked set announced = true where id = any(:ids::bigint[]);

-- name: known_events
-- Which of these event ids this service's own log holds.
select id from events where id = any(:ids::uuid[]);

-- name: count_unsent$
-- How many events wait to be sent.
select count(*) from outbox;

-- name: step_over!
-- Lets a key go on after a discarded record: after its sequence, or, where that could not be read,
-- before the first record that waits behind it.
insert into inbox (consumer, topic, key, last_sequence)
select :consumer, :topic, :key, reached from (
    select coalesce(:sequence::bigint, (
        select min(sequence) - 1 from parked
        where consumer = :consumer and topic = :topic and key = :raw_key and id <> :id
    )) as reached
) as step where reached is not null
on conflict (consumer, topic, key) do update
set last_sequence = greatest(inbox.last_sequence, excluded.last_sequence);

-- name: note_discarded!
-- Keeps who gave up a record, and why.
insert into notes (about_id, kind, author, text, details, written_at)
values (gen_random_uuid(), 'record_discarded', :author, :reason, :details::json, homeward_now());
