-- name: fill_times
-- Fill times of referrals received in a period, by group, with the denominators of the domain page:
-- a target's denominator is every referral whose target instant has passed, those withdrawn before
-- it left out; filled counts what is awarded and not undone.
with lots as (
    select * from unnest(:outcodes::text[], :lot_names::text[]) as l (outcode, lot)
), rows as (
    select case :by when 'tier' then coalesce(s.tier_name, '-')
                    when 'lot' then coalesce((select min(l.lot) from lots l where l.outcode = s.outcode), '-')
                    when 'source' then s.source_kind
                    else 'all' end as part,
           s.*,
           extract(epoch from s.filled_at - s.received_at) / 60 as minutes_received,
           extract(epoch from s.filled_at - s.complete_at) / 60 as minutes_complete
    from summaries s
    where s.received_at >= :from_at and s.received_at < :to_at
), targets as (
    select target, n from unnest(:targets::int[]) with ordinality as t (target, n)
), counted as (
    select r.part, t.n, t.target,
           count(*) filter (where r.received_at + make_interval(mins => t.target) <= :now
               and (r.withdrawn_at is null
                    or r.withdrawn_at >= r.received_at + make_interval(mins => t.target))) as due,
           count(*) filter (where r.received_at + make_interval(mins => t.target) <= :now
               and (r.withdrawn_at is null
                    or r.withdrawn_at >= r.received_at + make_interval(mins => t.target))
               and r.minutes_received <= t.target) as met,
           count(*) filter (where r.complete_at + make_interval(mins => t.target) <= :now
               and (r.withdrawn_at is null
                    or r.withdrawn_at >= r.complete_at + make_interval(mins => t.target))) as due_complete,
           count(*) filter (where r.complete_at + make_interval(mins => t.target) <= :now
               and (r.withdrawn_at is null
                    or r.withdrawn_at >= r.complete_at + make_interval(mins => t.target))
               and r.minutes_complete <= t.target) as met_complete
    from rows r cross join targets t group by 1, 2, 3
), per_target as (
    select part, json_agg(json_build_object('target_minutes', target,
               'due', due, 'met', met, 'due_from_complete', due_complete,
               'met_from_complete', met_complete) order by n) as targets
    from counted group by 1
), per_part as (
    select part, count(*) as count, count(filled_at) as filled, count(confirmed_at) as confirmed,
           count(started_at) as started, count(withdrawn_at) as withdrawn,
           count(*) filter (where filled_at is null and withdrawn_at is null) as unfilled_now,
           count(*) filter (where filled_at is null and withdrawn_at is null
                            and complete_at is null) as incomplete_now,
           count(*) filter (where filled_at is null and status = 'exhausted') as escalated_now,
           sum(offers_made) as offers_made,
           percentile_cont(array[0.5, 0.9, 0.97]) within group (order by minutes_received)
               filter (where filled_at is not null) as from_received,
           percentile_cont(array[0.5, 0.9, 0.97]) within group (order by minutes_complete)
               filter (where filled_at is not null) as from_complete
    from rows group by 1
)
select p.*, t.targets from per_part p join per_target t using (part) order by p.part;
