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
-- How often each provider was offered and awarded work lately, and how many weekly hours, by lot:
-- all count half after two weeks, and nothing after eight.
select lot, provider_id,
       round(sum(offers * power(0.5, (:today::date - week) / 14.0)), 3)::float8 as turns,
       round(sum(minutes * power(0.5, (:today::date - week) / 14.0)) / 60, 3)::float8 as hours,
       round(sum(awards * power(0.5, (:today::date - week) / 14.0)), 3)::float8 as awards
from turns where week > :today::date - 56 group by lot, provider_id;

-- name: all_tallies
-- All that was learned of providers' answers.
select subject, measure, amount from tallies;

-- name: rounds
-- Where the packages are that each provider was awarded and holds until the last visit, and their
-- weekly hours.
select a.provider_id, coalesce(s.sector, s.outcode) as area,
       sum(coalesce(a.weekly_minutes, 0))::float8 / 60 as hours
from awards a join summaries s using (placement_id) where a.state in ('live', 'ending') group by 1, 2;

-- name: live_offers
-- How many live offers each provider has. A row holds one placement's state, or a list of several.
select (offer ->> 'provider_id')::uuid as provider_id, count(*) as offers
from placements p
cross join lateral json_array_elements(
    case json_typeof(p.state) when 'array' then p.state else json_build_array(p.state) end
) one
cross join lateral json_array_elements(one -> 'offers') offer
where p.status like '%searching%' and offer ->> 'status' = 'live' group by 1;
