-- Referrals with several placements: parts, bridging care, later searches; care after the award.
-- Made from events: run `homeward rebuild referrals` for those that were there before.

-- All that the board knows from placements.v1; the columns beside it follow from this one.
alter table board add column parts json not null default '[]';

alter table referrals
    drop constraint referrals_state_check,
    add constraint referrals_state_check check (state in
        ('incomplete',    -- received, something missing
         'complete',      -- incomplete -> complete, or received complete
         'withdrawing',   -- incomplete | complete | started -> withdrawing, on request
         'withdrawn',     -- any -> withdrawn, when matching has ended the package
         'started',       -- complete | ended -> started, when every visit has somebody who came
         'ended'));       -- complete | started -> ended, when nobody gives or is asked for care

-- Projection: who holds, or last held, each placement. Personal details go to nobody else. In place
-- of `awards`, which has one row a referral and is not read any more.
create table placement_awards (
    placement_id uuid primary key,
    referral_id uuid not null,
    award_id uuid not null,
    provider_id uuid not null,
    provider_name text not null,
    state text not null check (state in
        ('awarded', 'confirmed', 'started', 'paused', 'ending', 'ended', 'released', 'cancelled')),
    awarded_at timestamptz not null,
    contract_kind text,
    lot text,
    tier_name text,
    rate_pence bigint
);
create index placement_awards_by_referral on placement_awards (referral_id);

-- Projection: what each placement is to give, by version.
create table placement_needs (
    placement_id uuid primary key,
    referral_id uuid not null,
    cause text not null,
    follows uuid,
    ready_at timestamptz not null,
    bridging_until timestamptz,
    versions json not null
);

-- Service orders: what was ordered of whom, for whom and at which price, once for each version. The
-- person is sealed as it was when the order was made; nothing else in a row is personal.
create table service_orders (
    order_id uuid primary key,
    position bigint not null unique,  -- in the order of making, visible in that order
    number text not null,
    version bigint not null check (version >= 1),
    referral_id uuid not null references referrals,
    placement_id uuid not null,
    award_id uuid not null,
    because text not null check (because in ('confirmed', 'changed', 'ended')),
    made_at timestamptz not null,
    body json not null,
    sealed bytea not null,
    unique (number, version)
);
create index service_orders_by_referral on service_orders (referral_id, position);

-- The end of the list of orders: positions are given out under its lock, which lasts until the
-- commit, so that who has read up to one misses none.
create table service_order_end (
    only_row boolean primary key default true check (only_row),
    last_position bigint not null
);
insert into service_order_end (last_position) values (0);

-- Every reading of an order, which names the person; written before the answer.
create table service_order_reads (
    id bigint generated always as identity primary key,
    order_id uuid not null references service_orders,
    form text not null check (form in ('json', 'csv')),
    read_by text not null,   -- the token's subject
    read_at timestamptz not null,
    real_read_at timestamptz not null default clock_timestamp()
);
create index service_order_reads_by_order on service_order_reads (order_id, id);
