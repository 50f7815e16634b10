-- name: claim_nhs_number$
-- Takes the person's one open place for this referral; null if another referral holds it.
insert into open_nhs_numbers (nhs_hmac, referral_id) values (:nhs_hmac, :referral_id)
on conflict (nhs_hmac) do update set referral_id = excluded.referral_id
    where open_nhs_numbers.referral_id = excluded.referral_id
returning referral_id;

-- name: holder_of_nhs_number^
-- Which open referral holds the person's place, and whose it is.
select r.referral_id, r.organisation, r.ward
from open_nhs_numbers o join referrals r using (referral_id)
where o.nhs_hmac = :nhs_hmac;

-- name: release_other_nhs_numbers!
-- Frees places that this referral held under another number.
delete from open_nhs_numbers
where referral_id = :referral_id and nhs_hmac is distinct from :nhs_hmac;

-- name: release_nhs_numbers!
-- Frees the places of referrals that are withdrawn or started.
delete from open_nhs_numbers where referral_id = any(:referral_ids::uuid[]);

-- name: save_person!
-- Puts sealed details into the person room, in place of earlier ones.
insert into person (referral_id, sealed, changed_at) values (:referral_id, :sealed, :changed_at)
on conflict (referral_id) do update
    set sealed = excluded.sealed, changed_at = excluded.changed_at;

-- name: sealed_persons
-- The sealed details of these referrals.
select referral_id, sealed from person where referral_id = any(:referral_ids::uuid[]);

-- name: save_note!
-- Keeps what a person wrote; it goes nowhere else.
insert into notes (about_id, kind, author, text, written_at)
values (:about_id, :kind, :author, :text, :written_at);

-- name: placements_reached$
-- The last event of this referral in placements.v1 that has been handled here.
select last_sequence from inbox
where consumer = :consumer and topic = 'placements.v1' and key = :referral_id;

-- name: live_award^
-- The award by which this provider gives care, or is going to, kept from changing until the audit
-- is written; with when its care begins, where that is another time than the referral's.
select a.award_id, a.state, case when n.follows is not null then n.ready_at end as ready_at
from placement_awards a left join placement_needs n using (placement_id)
where a.referral_id = :referral_id and a.provider_id = :provider_id and a.award_id = :award_id
  and a.state in ('awarded', 'confirmed', 'started', 'paused', 'ending')
for share of a;

-- name: record_person_read!
-- Writes the audit of one release, before anything is answered.
insert into person_reads (referral_id, part, provider_id, award_id, read_by, read_at)
values (:referral_id, :part, :provider_id, :award_id, :read_by, :read_at);
