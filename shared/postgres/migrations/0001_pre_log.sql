-- What every service's database has: its clock, its log of events, what it has sent, what it has read.

-- One row: how this database's clock runs. Written once, by `homeward up` or `homeward migrate`.
create table clock (
    only_row boolean primary key default true check (only_row),
    real_epoch timestamptz not null,
    epoch timestamptz not null,
    scale double precision not null check (scale > 0)
);
insert into clock (real_epoch, epoch, scale) values ('epoch', 'epoch', 1);

-- Homeward's time: real time, or a demo's, which starts at `epoch` and runs `scale` times as fast.
create function homeward_now() returns timestamptz language sql volatile parallel safe as $$
    select case when scale = 1 and real_epoch = epoch then clock_timestamp()
                else epoch + (clock_timestamp() - real_epoch) * scale end
    from clock
$$;

-- The truth: what this service has decided, in the words that it published. Append-only.
create table events (
    position bigint generated always as identity primary key,
    topic text not null,
    key uuid not null,
    sequence bigint not null check (sequence > 0),
    id uuid not null,
    type text not null,
    recorded_at timestamptz not null,
    correlation_id uuid not null,
    causation_id uuid,
    body json not null,
    unique (topic, key, sequence)
);
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'events are append-only';
end $$;
create trigger events_are_append_only before update or delete or truncate on events
    for each statement execute function refuse_change();

-- Events not yet acknowledged by Kafka. A row goes when its record is acknowledged.
create table outbox (
    position bigint primary key references events (position),
    key uuid not null,
    refused_error text  -- null -> 'code': the broker refuses this record for good; its key waits
);
create index outbox_refused on outbox (key) where refused_error is not null;

-- How far each partition has been handled. Its row is locked while its records are: two processes
-- that hold the same partition for a moment wait for each other here.
create table offsets (
    log_id text not null,  -- the Kafka cluster's id: a wiped broker has another
    consumer text not null,
    topic text not null,
    partition int not null,
    next_offset bigint not null,
    primary key (log_id, consumer, topic, partition)
);

-- The last sequence handled of each key: lower or equal is skipped, a gap parks the key.
create table inbox (
    consumer text not null,
    topic text not null,
    key uuid not null,
    last_sequence bigint not null,
    primary key (consumer, topic, key)
);

-- Records that could not be handled, and those that wait behind them, as they came.
create table parked (
    id bigint generated always as identity primary key,
    log_id text not null,
    consumer text not null,
    topic text not null,
    partition int not null,
    record_offset bigint not null,
    record_time timestamptz not null,
    key bytea,
    sequence bigint,
    value bytea,
    headers json not null,  -- [[name, base64], ...]
    error text,             -- null: only waiting behind another record of its key
    attempts int not null default 1,
    parked_at timestamptz not null,
    announced boolean not null default false,
    unique (log_id, consumer, topic, partition, record_offset, record_time)
);
create index parked_by_key on parked (consumer, topic, key);
create index parked_unannounced on parked (id) where not announced and error is not null;
