-- The state of each placement: the fold of its events, and when time alone must look at it again.
create table placements (
    referral_id uuid primary key,
    status text not null,
    sequence bigint not null,       -- of its last event on placements.v1
    next_due_at timestamptz,        -- null: time changes nothing
    state json not null
);
create index placements_due on placements (next_due_at) where next_due_at is not null;
create index placements_exhausted on placements (referral_id) where status = 'exhausted';

-- Every version of the policy under which a search has begun; a placement keeps the one it began with.
create table policies (
    version text primary key,
    name text not null,
    document text not null,
    seen_at timestamptz not null default clock_timestamp()
);

-- Projection of providers.v1: the register as matching knows it.
create table register (
    provider_id uuid primary key,
    entry json not null
);
create table register_version (
    only_row boolean primary key default true check (only_row),
    version bigint not null
);
insert into register_version (version) values (0);

-- Projection of placements.v1: how often each provider was offered work, by lot and week.
create table turns (
    id uuid primary key,            -- derived from lot, provider and week
    lot text,
    provider_id uuid not null,
    week date not null,             -- its Monday
    offers bigint not null          -- prompt declines taken off again
);
create index turns_by_week on turns (week);

-- Projection of placements.v1: one row an award; the index is the rule of one live award.
create table awards (
    award_id uuid primary key,
    referral_id uuid not null,
    placement_id uuid not null,
    provider_id uuid not null,
    offer_id uuid,
    via text not null,
    ground text,
    state text not null check (state in ('live', 'released', 'cancelled')),
    accepted_at timestamptz not null,
    awarded_at timestamptz not null,
    ended_at timestamptz
);
create unique index one_live_award on awards (placement_id) where state = 'live';

-- Projection of placements.v1: each placement as lists and reports see it.
create table summaries (
    referral_id uuid primary key,
    placement_id uuid not null,
    status text not null,
    urgency text not null,
    source_kind text not null,
    organisation text not null,
    ward text not null,
    outcode text,
    policy_name text,
    policy_version text,
    received_at timestamptz not null,
    complete_at timestamptz,
    round bigint not null,
    tier_name text,
    offers_out bigint not null,
    offers_made bigint not null,
    next_deadline_at timestamptz,
    decided_by timestamptz,
    provider_id uuid,
    provider_name text,
    lot text,
    contract_kind text,
    award_id uuid,
    confirm_by timestamptz,
    filled_at timestamptz,
    confirmed_at timestamptz,
    started_at timestamptz,
    withdrawn_at timestamptz,
    escalations text not null
);
create index summaries_by_receipt on summaries (received_at, referral_id);
create index summaries_by_status on summaries (status, received_at, referral_id);
