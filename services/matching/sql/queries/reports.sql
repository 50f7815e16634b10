-- name: offers_by
-- Offers made in a period and what became of them, by provider, lot, tier or contract.
select case :by when 'provider' then o.provider_id::text when 'lot' then coalesce(o.lot, '-')
                when 'tier' then o.tier_name else o.contract_kind end as part,
       count(*) as made,
       count(*) filter (where outcome in ('awarded', 'accepted', 'lost', 'conditional', 'refused')) as yes,
       count(*) filter (where outcome = 'awarded') as awarded,
       count(*) filter (where outcome = 'lost') as lost,
       count(*) filter (where outcome = 'refused') as refused,
       count(*) filter (where outcome = 'declined') as declined,
       count(*) filter (where outcome = 'lapsed') as lapsed,
       count(*) filter (where outcome = 'withdrawn') as withdrawn,
       count(*) filter (where outcome in ('open', 'accepted', 'conditional')) as open,
       percentile_cont(array[0.5, 0.9]) within group (
           order by extract(epoch from answered_at - made_at)::float8 / 60
       ) filter (where answered_at is not null) as minutes
from offers o where made_at >= :from_at and made_at < :to_at group by 1 order by 1;

-- name: offers_by_lot_and_provider
-- Offers made in a period to each provider in each lot.
select coalesce(lot, '-') as lot, provider_id, count(*) as offers
from offers where made_at >= :from_at and made_at < :to_at group by 1, 2;

-- name: awards_by_lot_and_provider
-- Awards of a period to each provider in each lot, and the weekly hours of those not undone.
select coalesce(lot, '-') as lot, provider_id, count(*) as awards,
       count(*) filter (where state in ('live', 'ending', 'ended')) as kept,
       (coalesce(sum(weekly_minutes) filter (where state in ('live', 'ending', 'ended')), 0)
           / 60)::float8 as hours
from awards where awarded_at >= :from_at and awarded_at < :to_at group by 1, 2;

-- name: declines
-- Declines and lapses of offers made in a period, by outcode, provider, lot and reason.
select coalesce(s.outcode, '-') as outcode, o.provider_id, coalesce(o.lot, '-') as lot,
       case o.outcome when 'lapsed' then 'no answer' else o.reason end as reason, count(*) as count
from offers o join summaries s using (placement_id)
where o.made_at >= :from_at and o.made_at < :to_at and o.outcome in ('declined', 'lapsed')
group by 1, 2, 3, 4;

-- name: offers_by_outcode
-- Offers of a period by outcode, provider, outcome and reason.
select coalesce(s.outcode, '-') as outcode, o.provider_id, o.outcome, o.reason, count(*) as offers
from offers o join summaries s using (placement_id)
where o.made_at >= :from_at and o.made_at < :to_at group by 1, 2, 3, 4;

-- name: offers_answered
-- Offers of a period that were declined, and those that had their time.
select count(*) filter (where outcome = 'declined') as declined,
       count(*) filter (where outcome not in ('open', 'withdrawn')) as had_time
from offers where made_at >= :from_at and made_at < :to_at;

-- name: awards_given_up
-- Awards released, cancelled, handed back or otherwise ended in a period.
select a.award_id, a.provider_id, coalesce(a.lot, '-') as lot, coalesce(s.outcode, '-') as outcode,
       a.state, a.reason, a.breach, a.weekly_minutes, a.started_at, a.start_by, a.given_up_at,
       a.ended_because, s.source_kind, s.withdrawn_because
from awards a join summaries s using (placement_id)
where a.given_up_at >= :from_at and a.given_up_at < :to_at;

-- name: withdrawals
-- Referrals withdrawn, of those received in a period, by reason and whether they had been filled.
select withdrawn_because as reason, count(distinct referral_id) as count,
       count(distinct referral_id) filter (where started_at is not null) as after_start
from summaries where received_at >= :from_at and received_at < :to_at and withdrawn_at is not null
group by 1 order by 2 desc, 1;

-- name: escalations_in
-- Items opened in a period or open now, by kind.
select e.kind, max(e.severity) as severity, count(*) filter (where e.closed_at is null) as open,
       count(*) filter (where e.closed_at is null and s.urgency = 'urgent') as urgent,
       extract(epoch from :now - min(e.opened_at) filter (where e.closed_at is null))::float8 / 60
           as oldest,
       count(*) filter (where e.closed_at is not null) as closed,
       percentile_cont(array[0.5, 0.9]) within group (
           order by extract(epoch from e.closed_at - e.opened_at)::float8 / 60
       ) filter (where e.closed_at is not null) as minutes
from escalations e join summaries s using (placement_id)
where e.closed_at is null or (e.opened_at >= :from_at and e.opened_at < :to_at)
group by 1 order by 2 desc, 1;

-- name: awards_with_cost
-- Awards of a period that were not undone, by contract and by part.
select case :by when 'lot' then coalesce(a.lot, '-') when 'outcode' then coalesce(s.outcode, '-')
                when 'provider' then a.provider_id::text
                when 'month' then to_char(a.awarded_at at time zone 'Europe/London', 'YYYY-MM')
                else 'all' end as part,
       coalesce(a.contract_kind, 'none') as contract, count(*) as packages,
       sum(a.weekly_minutes) as minutes, sum(a.weekly_minutes * a.rate_pence) as minute_pence,
       count(*) filter (where a.weekly_minutes is null or a.rate_pence is null) as unpriced
from awards a join summaries s using (placement_id)
where a.awarded_at >= :from_at and a.awarded_at < :to_at and a.state in ('live', 'ending', 'ended')
group by 1, 2 order by 1, 2;

-- name: starts
-- Awards of a period with their planned and their real start.
select a.award_id, a.state, a.start_by, a.started_at, a.confirmed_at
from awards a where a.awarded_at >= :from_at and a.awarded_at < :to_at;

-- name: starts_slipped
-- Packages whose start moved to a later instant, while somebody had them, in a period.
select count(*) as packages, coalesce(sum(slips), 0)::bigint as slips,
       count(*) filter (where slipped_beyond) as beyond
from summaries
where slipped_at >= :from_at and slipped_at < :to_at and source_kind = 'hospital';

-- name: breaches$
-- Hand-backs of a period whose notice was shorter than the contract's.
select count(*) from awards
where given_up_at >= :from_at and given_up_at < :to_at and breach;
