-- name: due_placements
-- Placements that time alone must look at, the longest due first. The clock is read once: read for
-- each row it would keep the index from being used.
select referral_id from placements where next_due_at <= (select homeward_now())
order by next_due_at limit :most;

-- name: seconds_to_next_due$
-- Real seconds until the next placement is due; null if none ever is.
select extract(epoch from min(p.next_due_at) - homeward_now())::float8 / (select scale from clock)
from placements p where p.next_due_at is not null;

-- name: exhausted_placements
-- Placements whose search ended with nobody left to ask, after a given one.
select referral_id from placements where status like '%exhausted%' and referral_id > :after
order by referral_id limit :most;

-- name: placements_offered_to
-- Referrals with an open offer to one of these providers, after a given one.
select distinct p.referral_id from placements p
cross join lateral json_array_elements(
    case json_typeof(p.state) when 'array' then p.state else json_build_array(p.state) end
) one
cross join lateral json_array_elements(one -> 'offers') offer
where p.status like '%searching%' and p.referral_id > :after
  and offer ->> 'status' in ('live', 'accepted')
  and offer ->> 'provider_id' = any(:provider_ids::text[])
order by 1 limit :most;

-- name: searching_placements
-- Placements for which providers are being asked, after a given one.
select referral_id from placements where status like '%searching%' and referral_id > :after
order by referral_id limit :most;

-- name: timeline
-- Every event of one placement, in order.
select sequence, type, recorded_at, body from events
where topic = 'placements.v1' and key = :referral_id order by sequence;

-- name: origins
-- What each search of a referral began with, and what was changed since, in order.
select type, body from events
where topic = 'placements.v1' and key = :referral_id and type in (
    'homeward.placement.search-started.v1', 'homeward.placement.change-asked.v1',
    'homeward.placement.requirement-amended.v1'
)
order by sequence;

-- name: notes_about
-- What brokers wrote about a placement.
select kind, author, text, details, written_at from notes where about_id = :referral_id order by id;

-- name: add_note!
-- Keeps a broker's words, here and nowhere else.
insert into notes (about_id, kind, author, text, details, written_at)
values (:referral_id, :kind, :author, :text, :details::json, :at);

-- name: summaries_page
-- A page of placements, newest receipt first.
select s.*, a.subject as assignee from summaries s left join assignees a using (assignee_id)
where (:status::text is null or status = :status)
  and (not :escalated::boolean or escalations <> '')
  and (:before::timestamptz is null or (received_at, placement_id) < (:before, :before_id::uuid))
order by received_at desc, placement_id desc limit :most;

-- name: summaries_meant
-- The placements that an id means: the one of that id, or all of the referral of that id.
select * from summaries where placement_id = :id or referral_id = :id
order by received_at, placement_id;

-- name: summaries_of
-- Every placement of a referral.
select s.*, a.subject as assignee from summaries s left join assignees a using (assignee_id)
where referral_id = :referral_id order by received_at, placement_id;

-- name: linked_to
-- The placements of the referrals that are linked with these, whichever of the two names the other.
select l.of_referral_id, s.referral_id, s.placement_id, s.status, s.provider_name
from (
    select referral_id as of_referral_id, linked_referral_id as referral_id from links
    where referral_id = any(:referral_ids::uuid[])
    union
    select linked_referral_id, referral_id from links
    where linked_referral_id = any(:referral_ids::uuid[])
) as l join summaries s using (referral_id)
order by s.received_at, s.placement_id;

-- name: care_gaps
-- Placements that nobody has, with a visit before an instant that nobody holds, the first visit first.
select * from summaries
where gap_at < :until and filled_at is null and withdrawn_at is null and ended_at is null
order by gap_at, placement_id limit :most;

-- name: packages_of_provider
-- What a provider has: live awards, and those that end.
select a.state, a.weekly_minutes, a.rate_pence, a.last_visit_at, s.*
from awards a join summaries s using (placement_id)
where a.provider_id = :provider_id and a.state in ('live', 'ending') and s.award_id = a.award_id
order by s.received_at, s.placement_id;

-- name: open_escalations
-- Open items, what hurts most first: severity, an urgent package before a routine one of the same
-- kind, then the longest open. A page goes on after the place and id of the one before.
select * from (
    select e.id, e.referral_id, e.placement_id, e.kind, e.severity, e.opened_at, s.urgency,
           s.organisation, s.ward, s.outcode, s.received_at, s.status, s.provider_name,
           a.subject as assignee,
           -(e.severity * 2 + case s.urgency when 'urgent' then 1 else 0 end) as place
    from escalations e join summaries s using (placement_id) left join assignees a using (assignee_id)
    where e.closed_at is null and (:assignee::text is null or a.subject = :assignee)
) as found
where (:after::bigint is null
       or (place, opened_at, id) > (:after, :after_at::timestamptz, :after_id::uuid))
order by place, opened_at, id limit :most;

-- name: keep_assignee!
-- Remembers who is behind an id.
insert into assignees (assignee_id, subject) values (:assignee_id, :subject)
on conflict do nothing;
