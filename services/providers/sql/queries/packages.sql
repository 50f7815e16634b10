-- name: find_package_place$
-- Of which referral a provider's package is, by the id of the referral or of the award; no lock.
-- Null for one who never had an offer or an award of it.
select referral_id from packages
where provider_id = :provider_id and (award_id = :package_id or referral_id = :package_id)
union all
select referral_id from offers where provider_id = :provider_id and referral_id = :package_id
limit 1;

-- name: list_awards
-- A provider's awards of a referral, or the one that is named, the newest first.
select award_id, state from packages
where provider_id = :provider_id and (referral_id = :package_id or award_id = :package_id)
order by filled_at desc, award_id;

-- name: find_package^
-- One award of a provider.
select p.*, s.needed::text as searched, s.version, p.needed::text as agreed,
       p.change_needed::text as asked, w.sequence as placement_sequence
from packages p
left join searches s using (placement_id)
left join award_places w using (award_id)
where p.award_id = :award_id and p.provider_id = :provider_id;

-- name: list_packages
-- A page of a provider's packages, the newest award first, all or those of one state.
select p.*, s.needed::text as searched, s.version, p.needed::text as agreed, p.change_needed::text as asked
from packages p
left join searches s using (placement_id)
where p.provider_id = :provider_id
  and (:state::text is null or p.state = :state)
  and (:before_at::timestamptz is null
       or (p.filled_at, p.award_id) < (:before_at::timestamptz, :before_id::uuid))
order by p.filled_at desc, p.award_id desc limit :limit;

-- name: find_held_award^
-- The award of an offer's placement that the offer's provider holds now.
select p.award_id, p.confirm_by
from offers o join packages p
  on p.referral_id = o.referral_id and p.provider_id = o.provider_id
 and p.placement_id is not distinct from o.placement_id
where o.offer_id = :offer_id and p.state in ('reserved', 'confirmed', 'started', 'paused')
order by p.filled_at desc, p.award_id limit 1;

-- name: find_award_of_offer^
-- The award that an accepted offer became.
select award_id, confirm_by from packages
where offer_id = :offer_id order by filled_at desc limit 1;

-- name: list_award_responses
-- What was said about an award by the endpoint, with what came of it.
select a.response_id, a.request, a.started_at, a.last_visit_at, a.agrees, c.first_result
from responses a left join outcomes c using (response_id)
where a.award_id = :award_id;

-- name: place_awards!
-- Keep at which sequence of placements.v1 awards were.
insert into award_places (award_id, sequence)
select * from unnest(:award_ids::uuid[], :sequences::bigint[])
on conflict do nothing;
