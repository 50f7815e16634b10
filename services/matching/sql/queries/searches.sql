-- name: searches
-- Placements received in a period, a referral's parts in the order in which they began.
select s.placement_id, s.referral_id, s.status, s.cause, s.follows, s.urgency, s.source_kind,
       s.organisation, s.ward, s.outcode, s.tier_name, s.lot, s.received_at, s.complete_at,
       s.filled_at, s.confirmed_at, s.started_at, s.withdrawn_at, s.offers_made, s.care_type,
       s.needs, s.languages, s.double_handed, s.divided, a.ground
from summaries s left join awards a on a.award_id = s.award_id
where s.received_at >= :from_at and s.received_at < :to_at
order by s.received_at, s.placement_id;
