-- name: keep_policy!
-- Keeps a version of the policy for the placements that begin under it.
insert into policies (version, name, document) values (:version, :name, :document)
on conflict do nothing;

-- name: kept_policies
-- Every version under which a placement may still be.
select version, document from policies;

-- name: publish_first!
-- Brings a version into force from the beginning, unless any was ever published.
insert into publications (number, version, author, reason, published_at)
select 1, :version, :author, :reason, :now where not exists (select from publications)
on conflict do nothing;

-- name: publish$
-- Brings a version into force from an instant on; its number. Two at once: the second is refused.
insert into publications (number, version, author, reason, published_at, in_force_from)
select coalesce(max(number), 0) + 1, :version, :author, :reason, :now, :in_force_from
from publications returning number;

-- name: version_in_force$
-- The version under which a search begins at an instant: of those in force the last that came.
select version from publications where in_force_from is null or in_force_from <= :now
order by in_force_from desc nulls last, number desc limit 1;

-- name: publications
-- Everything that was published, the newest first.
select number, version, name, author, reason, published_at, in_force_from
from publications join policies using (version) order by number desc;
