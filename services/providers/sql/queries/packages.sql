-- name: latest_award_id$
-- A provider's award of a referral: the one it holds, else its last.
select award_id from packages
where referral_id = :referral_id and provider_id = :provider_id
order by state in ('reserved', 'confirmed', 'started') desc, filled_at desc, award_id
limit 1;

-- name: find_package^
-- A provider's package: the award it holds, else its last of this referral.
select p.*, r.needed::text as needed, w.sequence as placement_sequence
from packages p
left join requirements r using (referral_id)
left join award_places w using (award_id)
where p.referral_id = :referral_id and p.provider_id = :provider_id
order by p.state in ('reserved', 'confirmed', 'started') desc, p.filled_at desc, p.award_id
limit 1;

-- name: list_packages
-- A page of a provider's packages, the newest award first, all or those of one state.
select p.*, r.needed::text as needed
from packages p
left join requirements r using (referral_id)
where p.provider_id = :provider_id
  and (:state::text is null or p.state = :state)
  and (:before_at::timestamptz is null
       or (p.filled_at, p.award_id) < (:before_at::timestamptz, :before_id::uuid))
order by p.filled_at desc, p.award_id desc limit :limit;

-- name: find_held_award^
-- The award of a referral that a provider holds now.
select award_id, confirm_by from packages
where referral_id = :referral_id and provider_id = :provider_id
  and state in ('reserved', 'confirmed', 'started')
order by filled_at desc, award_id limit 1;

-- name: find_award_of_offer^
-- The award that an accepted offer became.
select award_id, confirm_by from packages
where offer_id = :offer_id order by filled_at desc limit 1;

-- name: list_award_requests
-- What was asked about an award by the endpoint, with what came of it.
select a.response_id, a.request, a.started_at, c.first_result
from responses a left join outcomes c using (response_id)
where a.award_id = :award_id;

-- name: place_awards!
-- Keep at which sequence of placements.v1 awards were.
insert into award_places (award_id, sequence)
select * from unnest(:award_ids::uuid[], :sequences::bigint[])
on conflict do nothing;
