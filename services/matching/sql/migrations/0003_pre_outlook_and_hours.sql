-- What wards were last told of a placement, and rotation by awarded hours beside offers.
alter table summaries add column outlook text;
alter table turns add column minutes bigint not null default 0;  -- weekly minutes of awards
create index placements_searching on placements (referral_id) where status = 'searching';
