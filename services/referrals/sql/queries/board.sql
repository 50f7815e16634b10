-- name: board_page
-- One page of a board, waiting ones first; only what is active or over for less than a week, unless
-- `until_sort_key` reaches further back. Reads along an index, however long the history is.
select b.*, r.missing::text as now_missing, r.ready_at, r.discharge_ready_at, r.urgency, r.pathway,
       board_time(b.next_deadline_at, :now, :zone) as next_deadline_local,
       board_time(b.confirm_by, :now, :zone) as confirm_by_local, linked.shown::text as linked
from board b join referrals r using (referral_id)
cross join lateral (
    select coalesce(json_agg(json_build_object(
        'referral_id', o.referral_id, 'status', o.status, 'filled_by', o.provider_name
    ) order by o.received_at, o.referral_id), '[]') as shown
    from lives_with l join board o on o.referral_id = l.linked_referral_id
    where l.referral_id = b.referral_id
) as linked
where (b.section, b.sort_key, b.referral_id) > (:after_section, :after_sort_key, :after_id)
  and (b.section, b.sort_key) < (2, :until_sort_key)
  and b.organisation = any(:organisations::text[])
  and b.ward = any(:wards::text[])
  and (:status::text is null or b.status = :status)
order by b.section, b.sort_key, b.referral_id
limit :limit;

-- name: board_page_of_all_wards
-- The same for every ward of the organisations.
select b.*, r.missing::text as now_missing, r.ready_at, r.discharge_ready_at, r.urgency, r.pathway,
       board_time(b.next_deadline_at, :now, :zone) as next_deadline_local,
       board_time(b.confirm_by, :now, :zone) as confirm_by_local, linked.shown::text as linked
from board b join referrals r using (referral_id)
cross join lateral (
    select coalesce(json_agg(json_build_object(
        'referral_id', o.referral_id, 'status', o.status, 'filled_by', o.provider_name
    ) order by o.received_at, o.referral_id), '[]') as shown
    from lives_with l join board o on o.referral_id = l.linked_referral_id
    where l.referral_id = b.referral_id
) as linked
where (b.section, b.sort_key, b.referral_id) > (:after_section, :after_sort_key, :after_id)
  and (b.section, b.sort_key) < (2, :until_sort_key)
  and b.organisation = any(:organisations::text[])
  and (:status::text is null or b.status = :status)
order by b.section, b.sort_key, b.referral_id
limit :limit;

-- name: board_row^
-- One referral's place on the board.
select b.*, r.missing::text as now_missing, r.ready_at, r.discharge_ready_at, r.urgency, r.pathway,
       board_time(b.next_deadline_at, :now, :zone) as next_deadline_local,
       board_time(b.confirm_by, :now, :zone) as confirm_by_local, linked.shown::text as linked
from board b join referrals r using (referral_id)
cross join lateral (
    select coalesce(json_agg(json_build_object(
        'referral_id', o.referral_id, 'status', o.status, 'filled_by', o.provider_name
    ) order by o.received_at, o.referral_id), '[]') as shown
    from lives_with l join board o on o.referral_id = l.linked_referral_id
    where l.referral_id = b.referral_id
) as linked
where b.referral_id = :referral_id;
