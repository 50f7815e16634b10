-- Changes of running care were counted by themselves; now they go on from the version of what is
-- needed, so that the next one must not have the number of one that was answered before.
update placements p set state = (
    select case json_typeof(p.state) when 'array' then json_agg(one order by n) else json_agg(one) -> 0 end
    from (
        select n, case when (was ->> 'changes')::bigint > 0 then jsonb_set(
            was, '{facts,requirement_version}',
            to_jsonb(greatest((was ->> 'changes')::bigint + 1,
                              coalesce((was #>> '{facts,requirement_version}')::bigint, 1)))
        ) else was end as one
        from jsonb_array_elements(
            case json_typeof(p.state) when 'array' then p.state::jsonb else jsonb_build_array(p.state::jsonb) end
        ) with ordinality as each(was, n)
    ) as placements_of_package
)
where p.state::text ~ '"changes": ?[1-9]';
