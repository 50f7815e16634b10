-- name: newest_service_orders
-- The newest version of the order of each of these awards.
select distinct on (award_id) award_id, body::text as body
from service_orders where award_id = any(:award_ids::uuid[])
order by award_id, version desc;

-- name: save_service_orders!
-- Keep new orders at the end of the list, each with the person as sealed now. Call last: it locks
-- the list's end.
with made as (
    select * from unnest(
        :order_ids::uuid[], :numbers::text[], :versions::bigint[], :referral_ids::uuid[],
        :placement_ids::uuid[], :award_ids::uuid[], :because::text[], :made_at::timestamptz[],
        :bodies::json[]
    ) with ordinality as listed (order_id, number, version, referral_id, placement_id, award_id,
                                 because, made_at, body, place)
), ended as (
    update service_order_end set last_position = last_position + cardinality(:order_ids::uuid[])
    returning last_position - cardinality(:order_ids::uuid[]) as before
)
insert into service_orders (order_id, position, number, version, referral_id, placement_id,
                            award_id, because, made_at, body, sealed)
select made.order_id, ended.before + made.place, made.number, made.version, made.referral_id,
       made.placement_id, made.award_id, made.because, made.made_at, made.body, p.sealed
from made join person p using (referral_id) cross join ended
on conflict (order_id) do nothing;

-- name: list_service_orders
-- Orders after a place of the list, of the wards in a scope, those made first first; no person.
select o.position, o.referral_id, o.placement_id, o.award_id, o.number, o.version, o.because,
       o.made_at, o.body->>'provider_id' as provider_id, o.body->>'provider_name' as provider_name
from service_orders o join referrals r using (referral_id)
where o.position > :after
  and (:referral_id::uuid is null or o.referral_id = :referral_id)
  and r.organisation = any(:organisations::text[])
  and (:all_wards or r.ward = any(:wards::text[]))
order by o.position limit :limit;

-- name: find_service_order^
-- One version of an order, with the ward that it belongs to.
select o.order_id, o.referral_id, o.body::text as body, o.sealed, r.organisation, r.ward
from service_orders o join referrals r using (referral_id)
where o.number = :number and o.version = :version;

-- name: record_service_order_read!
-- Writes the audit of one reading, before anything is answered.
insert into service_order_reads (order_id, form, read_by, read_at)
values (:order_id, :form, :read_by, :read_at);
