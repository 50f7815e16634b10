-- Reports of a period read the awards given up, and the items opened, in it.
alter table awards add column given_up_at timestamptz;
create index awards_by_giving_up on awards (given_up_at) where given_up_at is not null;
drop index awards_by_end;
create index escalations_by_opening on escalations (opened_at);

-- What is needed may be amended for whoever has the placement; then terms name no award.
alter table award_terms add column placement_id uuid;
update award_terms t set placement_id = a.placement_id from awards a where a.award_id = t.award_id;
alter table award_terms alter column placement_id set not null;
alter table award_terms alter column award_id drop not null;
drop index award_terms_of_award;
create index award_terms_of_placement on award_terms (placement_id, from_at);

-- Starts that moved to a later instant while somebody had the package.
alter table summaries add column ready_at timestamptz;
alter table summaries add column slips bigint not null default 0;
alter table summaries add column slipped_at timestamptz;
alter table summaries add column slipped_beyond boolean not null default false;
create index summaries_slipped on summaries (slipped_at) where slipped_at is not null;
