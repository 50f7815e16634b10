-- name: register_version$
-- Changes with every change of the register.
select version from register_version;

-- name: bump_register_version!
-- Says that the register has changed. A transaction's id is never given again, so that whoever read
-- the register in one that was rolled back does not take a later version for it.
update register_version set version = pg_current_xact_id()::text::bigint;

-- name: register_entries
-- The whole register.
select entry from register;

-- name: turns_lately
-- How often each provider was offered work lately, and how many weekly hours it was awarded, by lot:
-- both count half after two weeks, and nothing after eight.
select lot, provider_id,
       round(sum(offers * power(0.5, (:today::date - week) / 14.0)), 3)::float8 as turns,
       round(sum(minutes * power(0.5, (:today::date - week) / 14.0)) / 60, 3)::float8 as hours
from turns where week > :today::date - 56 group by lot, provider_id;

-- name: keep_policy!
-- Keeps a version of the policy for the placements that begin under it.
insert into policies (version, name, document) values (:version, :name, :document)
on conflict do nothing;

-- name: kept_policies
-- Every version under which a placement may still be.
select version, document from policies;

-- name: all_tallies
-- All that was learned of providers' answers.
select subject, measure, amount from tallies;
