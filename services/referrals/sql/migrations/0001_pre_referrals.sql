-- What the referrals service keeps: referrals in codes, the person in a room of its own, and what
-- wards and providers are shown.

-- One row a referral: where its life stands, and what was asked for in codes and numbers.
create table referrals (
    referral_id uuid primary key,
    sequence bigint not null check (sequence > 0),  -- last event in referrals.v1
    state text not null check (state in
        ('incomplete',    -- received, something missing
         'complete',      -- incomplete -> complete, or received complete
         'withdrawing',   -- incomplete | complete | started -> withdrawing, on request
         'withdrawn',     -- any -> withdrawn, when matching has ended the package
         'started')),     -- complete -> started, when matching says so
    received_at timestamptz not null,
    complete_at timestamptz,
    withdrawal_reason text,
    source_kind text not null,
    organisation text not null,
    ward text not null,
    pathway text not null,
    urgency text not null,
    discharge_ready_at timestamptz,
    ready_at timestamptz,
    outcode text,
    missing json not null,
    asked json not null,  -- requirement and authorisation, in codes
    check ((state = 'incomplete') <= (complete_at is null))
);

-- The person room: personal details, sealed with a key that is not in this database.
create table person (
    referral_id uuid primary key references referrals,
    sealed bytea not null,
    changed_at timestamptz not null
);

-- One open referral a person: neither withdrawn nor started. The number itself is never stored.
create table open_nhs_numbers (
    nhs_hmac bytea primary key,
    referral_id uuid not null unique references referrals
);

-- Every release of personal details, written before the answer.
create table person_reads (
    id bigint generated always as identity primary key,
    referral_id uuid not null references referrals,
    part text not null check (part in ('person', 'key_safe')),
    provider_id uuid not null,
    award_id uuid not null,
    read_by text not null,   -- the token's subject
    read_at timestamptz not null,
    real_read_at timestamptz not null default clock_timestamp()
);
create index person_reads_by_referral on person_reads (referral_id, id);

-- Projection: where each referral stands. Columns come from referrals.v1 or from placements.v1, none
-- from both; the last four follow from the others.
create table board (
    referral_id uuid primary key,
    organisation text,
    ward text,
    received_at timestamptz,
    complete_at timestamptz,
    withdrawal_requested_at timestamptz,
    targets json not null,
    tier_name text,
    live_offers json not null,      -- {offer id: deadline}
    standing_offers json not null,  -- {offer id: decided by}
    exhausted boolean not null,
    award_id uuid,
    provider_id uuid,
    provider_name text,
    filled_at timestamptz,
    confirm_by timestamptz,
    confirmed_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    withdrawn_at timestamptz,
    status text not null,
    next_deadline_at timestamptz,
    section bigint not null,   -- 0 waiting, 1 taken, 2 over
    sort_key bigint not null   -- in a section: longest on the clock first, or last over first
);
create index board_of_all on board (section, sort_key, referral_id);
create index board_of_ward on board (ward, section, sort_key, referral_id);

-- Projection: who holds, or last held, the package. Personal details go to nobody else.
create table awards (
    referral_id uuid primary key,
    award_id uuid not null,
    provider_id uuid not null,
    state text not null check (state in
        ('awarded', 'confirmed', 'started', 'released', 'cancelled', 'ended')),
    awarded_at timestamptz not null
);

-- An instant as a ward reads it: the time of day, with the weekday unless it is today.
create function board_time(instant timestamptz, today timestamptz, zone text) returns text
language sql stable parallel safe as $$
    select case when (instant at time zone zone)::date = (today at time zone zone)::date
                then to_char(instant at time zone zone, 'HH24:MI')
                else to_char(instant at time zone zone, 'Dy HH24:MI') end
$$;
