-- The providers service: its register, what it recorded, and what it knows from matching.

-- The last sequence of each key of the topics that this service writes. Locked before anything of
-- the key is decided, so that sequences are contiguous and answers of one referral take turns.
create table streams (
    topic text not null,
    key uuid not null,
    last_sequence bigint not null check (last_sequence >= 0),
    primary key (topic, key)
);

-- Projection of providers.v1: the newest entry of each provider.
create table providers (
    provider_id uuid primary key,
    name text not null,
    entry json not null,  -- the body of its last ProviderRecorded
    recorded_at timestamptz not null
);

-- Projection of responses.v1: what providers answered by the endpoint.
create table responses (
    response_id uuid primary key,
    referral_id uuid not null,
    provider_id uuid not null,
    request text not null check (request in ('accept', 'decline', 'confirm', 'release', 'start')),
    offer_id uuid,
    award_id uuid,
    started_at timestamptz,
    recorded_at timestamptz not null,
    check ((offer_id is null) <> (award_id is null)),
    check ((request = 'start') = (started_at is not null))
);
create unique index responses_one_an_offer on responses (offer_id) where offer_id is not null;
create index responses_by_award on responses (award_id) where award_id is not null;

-- Projection of placements.v1: what matching made of each response, first and after it had stood.
create table outcomes (
    response_id uuid primary key,
    referral_id uuid not null,
    first_result text not null,
    first_code text,
    first_at timestamptz not null,
    decided_by timestamptz,
    later_result text,
    later_code text,
    later_at timestamptz,
    award_id uuid,
    confirm_by timestamptz
);

-- Projection of placements.v1: offers.
create table offers (
    offer_id uuid primary key,
    referral_id uuid not null,
    provider_id uuid not null,
    status text not null
        check (status in ('live', 'standing', 'accepted', 'declined', 'lapsed', 'withdrawn')),
    because text,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    decided_by timestamptz,
    answered_via text,
    tier bigint not null,
    tier_name text not null,
    wave bigint not null,
    lot text,
    contract_kind text not null,
    rate_pence bigint
);
create index offers_live on offers (provider_id) where status = 'live';
create index offers_by_referral on offers (referral_id, provider_id);

-- Projection of placements.v1: awards, which their providers see as packages.
create table packages (
    award_id uuid primary key,
    referral_id uuid not null,
    provider_id uuid not null,
    offer_id uuid,
    state text not null
        check (state in ('reserved', 'confirmed', 'started', 'released', 'cancelled')),
    accepted_at timestamptz not null,
    filled_at timestamptz not null,
    confirm_by timestamptz not null,
    confirmed_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    ended_because text,
    tier_name text,
    lot text,
    contract_kind text,
    rate_pence bigint
);
create index packages_by_provider on packages (provider_id, filled_at, award_id);
create index packages_by_referral on packages (referral_id, provider_id);
create index packages_by_offer on packages (offer_id) where offer_id is not null;

-- Projection of placements.v1: what a package needs, as far as one may know before an award.
create table requirements (
    referral_id uuid primary key,
    needed json not null
);

-- At which place of its key in placements.v1 each award was: the referrals service must have read
-- as far before it gives out personal details.
create table award_places (
    award_id uuid primary key,
    sequence bigint not null
);

-- Each provider's offers in the order in which they last changed. Positions are given out under the
-- lock of the one row below and so become visible in order: who has read up to one misses nothing.
create table offer_feed (
    offer_id uuid primary key,
    provider_id uuid not null,
    position bigint not null
);
create unique index offer_feed_by_provider on offer_feed (provider_id, position);
create table offer_feed_end (
    only_row boolean primary key default true check (only_row),
    last_position bigint not null
);
insert into offer_feed_end (last_position) values (0);
