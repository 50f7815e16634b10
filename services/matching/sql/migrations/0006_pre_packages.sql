-- A referral's row holds all its placements: their statuses in order, by spaces.
drop index placements_exhausted;
create index placements_exhausted on placements (referral_id) where status like '%exhausted%';
drop index placements_searching;
create index placements_searching on placements (referral_id) where status like '%searching%';

-- Care that ends keeps its provider until the last visit.
alter table awards drop constraint awards_state_check;
alter table awards add constraint awards_state_check
    check (state in ('live', 'released', 'cancelled', 'ending', 'ended'));
alter table awards add column rate_pence bigint;
alter table awards add column contract_kind text;
alter table awards add column started_at timestamptz;
alter table awards add column last_visit_at timestamptz;
alter table awards add column ended_because text;
create index awards_of_provider on awards (provider_id) where state in ('live', 'ending');

-- One row a placement: a referral that was split, or searched again later, has several.
alter table summaries add column cause text not null default 'referral';
alter table summaries add column follows uuid;
alter table summaries add column bridging_until timestamptz;
alter table summaries add column gap_at timestamptz;
alter table summaries add column contingency text;
alter table summaries add column weekly_minutes bigint;
alter table summaries add column paused_until timestamptz;
alter table summaries add column last_visit_at timestamptz;
alter table summaries add column ended_at timestamptz;
alter table summaries drop constraint summaries_pkey;
alter table summaries add primary key (placement_id);
create index summaries_of_referral on summaries (referral_id);
create index summaries_gaps on summaries (gap_at)
    where gap_at is not null and filled_at is null and withdrawn_at is null and ended_at is null;
