-- name: drop_loaded_packages!
-- Forgets the packages that were loaded before.
delete from loaded_packages;

-- name: add_loaded_packages!
-- Keeps the lines of a register's file.
insert into loaded_packages (line, provider, contract, package, care_type, weekly_hundredths,
                             rate_pence, outcode, started_on, ended_on)
select * from unnest(:lines::bigint[], :providers::text[], :contracts::text[], :packages::text[],
                     :care_types::text[], :weekly_hundredths::bigint[], :rates_pence::bigint[],
                     :outcodes::text[], :started_on::date[], :ended_on::date[]);

-- name: note_register_load$
-- Writes down who loaded which file; its number. Two at once: the second is refused.
insert into register_loads (number, file_sha256, lines, author, loaded_at)
select coalesce(max(number), 0) + 1, :file_sha256, :lines, :author, :now from register_loads
returning number;

-- name: last_register_load^
-- The file that the loaded packages are of.
select number, file_sha256, lines, author, loaded_at from register_loads
order by number desc limit 1;

-- name: loaded_packages
-- The lines that were loaded, with a day in the period, and providers without packages.
select line, provider, contract, package, care_type, weekly_hundredths, rate_pence, outcode,
       started_on, ended_on
from loaded_packages
where (started_on is null or started_on <= :to_day) and (ended_on is null or ended_on >= :from_day)
order by line;

-- name: care_given
-- Care under awards in a period, a row for each change of hours or rate, in order.
select a.award_id, a.placement_id, a.referral_id, a.provider_id, a.contract_kind, a.lot,
       a.awarded_at, a.started_at, a.ended_at,
       t.from_at, t.weekly_minutes, t.rate_pence, s.care_type, s.outcode, s.provider_name
from awards a join summaries s using (placement_id)
join award_terms t on t.placement_id = a.placement_id
    and (t.award_id = a.award_id or (t.award_id is null and t.from_at >= a.awarded_at))
where a.started_at < :to_at and (a.ended_at is null or a.ended_at > :from_at)
order by a.started_at, a.award_id, t.from_at;

-- name: providers_on
-- Every registered provider, and whether a framework contract of its is in force on a day.
select provider_id, entry ->> 'name' as name,
       exists (select from json_array_elements(entry -> 'contracts') c
               where c ->> 'kind' = 'framework' and (c ->> 'from')::date <= :day
                 and (c ->> 'to' is null or (c ->> 'to')::date >= :day)) as framework,
       (entry ->> 'capacity_hours')::float8 as capacity_hours
from register order by 2;

-- name: entries_with_rate_cards
-- Providers of which a contract has a rate card.
select entry from register
where exists (select from json_array_elements(entry -> 'contracts') c
              where json_array_length(coalesce(c -> 'rate_cards', '[]'::json)) > 0);

-- name: asked_of
-- What these referrals' placements are to give, and each change of it, in order.
select type, body from events
where topic = 'placements.v1' and key = any(:referral_ids::uuid[]) and type in (
    'homeward.placement.search-started.v1', 'homeward.placement.change-asked.v1',
    'homeward.placement.change-agreed.v1', 'homeward.placement.requirement-amended.v1',
    'homeward.placement.awarded.v1'
)
order by key, sequence;
