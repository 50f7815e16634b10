-- Care after the award: pauses, changes, hand-backs, ends; and referrals with several placements.
-- Rows from before say nothing of their placement: `homeward rebuild providers` makes them anew.

alter table responses
    drop constraint responses_request_check,
    add constraint responses_request_check check (request in
        ('accept', 'decline', 'confirm', 'release', 'start', 'hand_back', 'restart', 'change')),
    add column last_visit_at timestamptz,
    add column agrees boolean,
    add column version bigint;

alter table offers add column placement_id uuid;

alter table packages
    drop constraint packages_state_check,
    add constraint packages_state_check check (state in
        ('reserved', 'confirmed', 'started', 'paused', 'ending', 'ended', 'released', 'cancelled')),
    add column placement_id uuid,
    add column start_by timestamptz,
    add column review_at timestamptz,
    add column last_visit_at timestamptz,
    add column held_until timestamptz,
    add column retainer boolean,
    add column restarts bigint not null default 0,  -- how often it was asked to go on
    add column restart_at timestamptz,
    add column restart_by timestamptz,
    add column restart_result text,
    add column change_version bigint,
    add column change_by timestamptz,
    add column change_needed json,
    add column change_result text,
    add column needed json;  -- what a change that was agreed has changed

-- Projection of placements.v1: what each placement needs, as far as one may know before an award.
-- In place of `requirements`, which has one row a referral and is not read any more.
create table searches (
    placement_id uuid primary key,
    referral_id uuid not null,
    needed json not null
);
