-- name: lock_streams
-- Lock the streams of some keys of a topic, in order of key, and give the last sequence of each.
select key, last_sequence from streams
where topic = :topic and key = any(:keys::uuid[])
order by key for update;

-- name: begin_streams!
-- Make the streams that do not exist yet, in order of key.
insert into streams (topic, key, last_sequence)
select :topic, key, 0 from unnest(:keys::uuid[]) as key order by key
on conflict do nothing;

-- name: save_streams!
-- Keep the last sequence of each stream.
update streams set last_sequence = saved.last_sequence
from unnest(:keys::uuid[], :sequences::bigint[]) as saved (key, last_sequence)
where streams.topic = :topic and streams.key = saved.key;

-- name: save_note!
-- Keep what a person wrote.
insert into notes (about_id, kind, author, text, details, written_at)
values (:about_id, :kind, :author, :text, :details::json, :written_at);

-- name: last_note^
-- The newest note of a kind about something.
select text, details::text as details from notes
where about_id = :about_id and kind = :kind
order by id desc limit 1;
