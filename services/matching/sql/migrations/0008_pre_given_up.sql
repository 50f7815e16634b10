-- Reports of a period read the awards given up, and the items opened, in it.
alter table awards add column given_up_at timestamptz;
create index awards_by_giving_up on awards (given_up_at) where given_up_at is not null;
drop index awards_by_end;
create index escalations_by_opening on escalations (opened_at);
