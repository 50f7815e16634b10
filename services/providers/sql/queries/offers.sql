-- name: find_offer_place^
-- Whose offer it is and of which referral, without a lock.
select provider_id, referral_id from offers where offer_id = :offer_id;

-- name: find_offer^
-- One offer with what is needed, its answer and what came of it.
select o.*, o.status = 'live' and o.expires_at <= homeward_now() as overdue,
       o.counter::text as put_counter, r.needed::text as needed, r.version, a.request as answer, a.recorded_at as answered_at,
       c.first_result, c.first_code, c.later_result, c.later_code, f.position,
       array(select linked_referral_id from links
             where referral_id = o.referral_id and linked_referral_id is not null
             union select referral_id from links where linked_referral_id = o.referral_id)
           as linked_referral_ids
from offers o
left join searches r using (placement_id)
left join lateral (
    select response_id, request, recorded_at from responses where offer_id = o.offer_id
    order by request in ('accept_counter', 'decline_counter') desc limit 1) a on true
left join outcomes c on c.response_id = a.response_id
left join offer_feed f using (offer_id)
where o.offer_id = :offer_id and o.provider_id = :provider_id;

-- name: list_live_offers
-- A provider's offers that can be answered now, in the order of its feed.
select o.*, false as overdue,
       o.counter::text as put_counter, r.needed::text as needed, r.version, a.request as answer, a.recorded_at as answered_at,
       c.first_result, c.first_code, c.later_result, c.later_code, f.position,
       array(select linked_referral_id from links
             where referral_id = o.referral_id and linked_referral_id is not null
             union select referral_id from links where linked_referral_id = o.referral_id)
           as linked_referral_ids
from offers o
join offer_feed f using (offer_id)
left join searches r using (placement_id)
left join lateral (
    select response_id, request, recorded_at from responses where offer_id = o.offer_id
    order by request in ('accept_counter', 'decline_counter') desc limit 1) a on true
left join outcomes c on c.response_id = a.response_id
where o.provider_id = :provider_id and o.status = 'live' and o.expires_at > :now
  and f.position > :after
order by f.position limit :limit;

-- name: list_changed_offers
-- A provider's offers that changed after a place of its feed, all or those of one status.
select o.*, o.status = 'live' and o.expires_at <= :now as overdue,
       o.counter::text as put_counter, r.needed::text as needed, r.version, a.request as answer, a.recorded_at as answered_at,
       c.first_result, c.first_code, c.later_result, c.later_code, f.position,
       array(select linked_referral_id from links
             where referral_id = o.referral_id and linked_referral_id is not null
             union select referral_id from links where linked_referral_id = o.referral_id)
           as linked_referral_ids
from offer_feed f
join offers o using (offer_id)
left join searches r using (placement_id)
left join lateral (
    select response_id, request, recorded_at from responses where offer_id = o.offer_id
    order by request in ('accept_counter', 'decline_counter') desc limit 1) a on true
left join outcomes c on c.response_id = a.response_id
where f.provider_id = :provider_id and f.position > :after
  and (:status::text is null
       or case when o.status = 'live' and o.expires_at <= :now then 'lapsed' else o.status end
          = :status)
order by f.position limit :limit;

-- name: feed_end$
-- The newest place of a provider's feed; 0 if it never had an offer.
select coalesce(max(position), 0) from offer_feed where provider_id = :provider_id;

-- name: feed_ends
-- The newest place of each of some providers' feeds; none for one that never had an offer.
select asked.provider_id, newest.position
from unnest(:provider_ids::uuid[]) as asked (provider_id)
cross join lateral (
    select position from offer_feed f where f.provider_id = asked.provider_id
    order by position desc limit 1) newest;

-- name: extend_feed!
-- Put changed offers at the end of their providers' feeds. Call last: it locks the feed's end.
with changed as (
    select offer_id, ordinality as place
    from unnest(:offer_ids::uuid[]) with ordinality as listed (offer_id, ordinality)
), ended as (
    update offer_feed_end set last_position = last_position + cardinality(:offer_ids::uuid[])
    returning last_position - cardinality(:offer_ids::uuid[]) as before
)
insert into offer_feed (offer_id, provider_id, position)
select o.offer_id, o.provider_id, ended.before + changed.place
from changed join offers o using (offer_id) cross join ended
on conflict (offer_id) do update set position = excluded.position;

-- name: live_offers_of
-- Live offers of some referrals, and of those linked with them.
select offer_id from offers where status = 'live' and referral_id in (
    select unnest(:referral_ids::uuid[])
    union select linked_referral_id from links where referral_id = any(:referral_ids::uuid[])
) order by offer_id;
