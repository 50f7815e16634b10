-- What people decide about a placement, as lists see it.
alter table summaries add column standing bigint not null default 0;
alter table summaries add column held_until timestamptz;
alter table summaries add column person_view text not null default 'not_asked';
alter table summaries add column assignee_id uuid;

-- Projection of placements.v1: open items for people, and those that were closed.
create table escalations (
    id uuid primary key,            -- derived from the placement and the kind
    referral_id uuid not null,
    placement_id uuid not null,
    kind text not null,
    severity bigint not null,
    opened_at timestamptz not null,
    closed_at timestamptz
);
create index escalations_open on escalations (severity desc, opened_at, id) where closed_at is null;

-- Who is behind the id that says who looks after a placement; sent nowhere.
create table assignees (
    assignee_id uuid primary key,   -- derived from the subject
    subject text not null
);
