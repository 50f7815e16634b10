-- name: list_providers
-- A page of the register, in order of id.
select p.provider_id, p.entry::text as entry, p.recorded_at, s.last_sequence as sequence
from providers p join streams s on s.topic = 'providers.v1' and s.key = p.provider_id
where (:after::uuid is null or p.provider_id > :after)
order by p.provider_id limit :limit;

-- name: find_provider^
-- One entry of the register.
select p.provider_id, p.entry::text as entry, p.recorded_at, s.last_sequence as sequence
from providers p join streams s on s.topic = 'providers.v1' and s.key = p.provider_id
where p.provider_id = :provider_id;
