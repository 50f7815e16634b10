-- What reports count. Projections have new columns: `homeward rebuild matching` makes them of old rows.
alter table summaries add column care_type text;
alter table summaries add column needs text not null default '';       -- codes, by spaces
alter table summaries add column languages text not null default '';   -- codes, by spaces
alter table summaries add column double_handed boolean not null default false;
alter table summaries add column divided boolean not null default false;
alter table summaries add column withdrawn_because text;

alter table awards add column lot text;
alter table awards add column tier_name text;
alter table awards add column confirmed_at timestamptz;
alter table awards add column start_by timestamptz;
alter table awards add column reason text;
alter table awards add column breach boolean not null default false;
create index awards_by_award on awards (awarded_at);
create index awards_by_end on awards (ended_at) where ended_at is not null;
create index awards_of_placement on awards (placement_id);

-- Projection of placements.v1: what each award is for, from each change on; null: as before.
create table award_terms (
    id uuid primary key,            -- derived from the award and the version of what is needed
    award_id uuid not null,
    from_at timestamptz not null,
    weekly_minutes bigint,
    rate_pence bigint
);
create index award_terms_of_award on award_terms (award_id, from_at desc);

-- Projection of placements.v1: each offer and what became of it. Indexes hold what never changes, so
-- that an answer rewrites no index.
create table offers (
    offer_id uuid primary key,
    placement_id uuid not null,
    provider_id uuid not null,
    lot text,
    contract_kind text not null,
    tier_name text not null,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    outcome text not null check (outcome in
        ('open', 'conditional', 'accepted', 'awarded', 'lost', 'declined', 'refused', 'lapsed',
         'withdrawn')),
    reason text,
    answered_at timestamptz
) with (fillfactor = 80);
create index offers_by_instant on offers (made_at);

-- Packages that a council had before, as it loaded them from a file; not made from events. A load
-- takes the place of the one before. A line without a package says only that a provider is there.
create table loaded_packages (
    line bigint primary key,
    provider text not null,
    contract text not null check (contract in ('framework', 'dps', 'spot')),
    package text,
    care_type text,
    weekly_hundredths bigint check (weekly_hundredths > 0),  -- of an hour
    rate_pence bigint check (rate_pence > 0),                -- an hour
    outcode text,
    started_on date,
    ended_on date                   -- the last day
);
create table register_loads (
    number bigint primary key,      -- from 1, without gaps
    file_sha256 text not null,
    lines bigint not null,
    author text not null,
    loaded_at timestamptz not null
);
