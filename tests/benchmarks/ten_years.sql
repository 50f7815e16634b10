-- Ten years of a council: what the projections would hold, made without an event.
select setseed(0.42);

create temp table made as
select n, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id,
       timestamptz '2016-01-04 08:00Z' + (n - 1) * (interval '3652 days' / :packages) as received_at,
       random() as luck, random() as speed, 1 + (n * 7) % :providers as who,
       (array['E4','E10','E11','E17','E18','E15','IG8','N17','E7'])[1 + n % 9] as outcode,
       (array['chingford','leyton','leytonstone','walthamstow','borders'])[1 + n % 5] as lot
from generate_series(1, :packages) as n;

insert into register (provider_id, entry)
select ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid,
       json_build_object('name', 'Care ' || n, 'capacity_hours', 500, 'contracts', json_build_array(
           json_build_object('kind', case when n <= 10 then 'framework' else 'dps' end,
                             'from', '2015-01-01')))
from generate_series(1, :providers) as n;

insert into summaries (referral_id, placement_id, status, urgency, source_kind, organisation, ward,
    outcode, policy_name, policy_version, received_at, complete_at, round, tier_name, offers_out,
    offers_made, provider_id, provider_name, lot, contract_kind, award_id, filled_at, confirmed_at,
    started_at, withdrawn_at, withdrawn_because, escalations, weekly_minutes, care_type, needs,
    languages, double_handed)
select id, id, case when luck < 0.05 then 'withdrawn' when luck < 0.07 then 'exhausted' else 'started' end,
       case when n % 5 = 0 then 'urgent' else 'routine' end,
       case when n % 3 = 0 then 'community' else 'hospital' end, 'barts', 'ward-' || n % 12, outcode,
       'three-tier', 'v', received_at, received_at + interval '6 minutes', 1,
       (array['framework-lot','framework-neighbours','dps','spot'])[1 + n % 4], 0, :offers,
       case when luck >= 0.07 then ('00000000-0000-7000-9000-' || lpad(to_hex(who), 12, '0'))::uuid end,
       case when luck >= 0.07 then 'Care ' || who end, lot, 'framework',
       case when luck >= 0.07 then id end,
       case when luck >= 0.07 then received_at + speed * interval '5 hours' end,
       case when luck >= 0.07 then received_at + interval '6 hours' end,
       case when luck >= 0.07 then received_at + interval '2 days' end,
       case when luck < 0.05 then received_at + interval '9 hours' end,
       case when luck < 0.05 then 'readmitted' end, '', 300 + n % 2000,
       case when n % 5 = 0 then 'reablement' else 'personal_care' end,
       (array['', 'medication', 'medication dementia', 'hoist moving_handling'])[1 + n % 4],
       (array['', 'en', 'ur', 'bn en'])[1 + n % 4], n % 7 = 0
from made;

insert into awards (award_id, referral_id, placement_id, provider_id, via, state, accepted_at,
    awarded_at, ended_at, weekly_minutes, rate_pence, contract_kind, started_at, ended_because, lot,
    tier_name, confirmed_at, start_by, reason, breach, given_up_at)
select id, id, id, ('00000000-0000-7000-9000-' || lpad(to_hex(who), 12, '0'))::uuid, 'endpoint',
       case when received_at > timestamptz '2025-01-04Z' then 'live' else 'ended' end,
       received_at + speed * interval '5 hours', received_at + speed * interval '5 hours',
       case when received_at <= timestamptz '2025-01-04Z' then received_at + interval '1 year' end,
       300 + n % 2000, 1500 + n % 300, case when n % 3 = 0 then 'dps' else 'framework' end,
       received_at + interval '2 days', 'handed_back', lot, 'framework-lot',
       received_at + interval '6 hours', received_at + interval '3 days', 'staffing', n % 4 = 0,
       case when received_at <= timestamptz '2025-01-04Z' then received_at + interval '50 weeks' end
from made where luck >= 0.07;

insert into award_terms (id, placement_id, award_id, from_at, weekly_minutes, rate_pence)
select award_id, placement_id, award_id, awarded_at, weekly_minutes, rate_pence from awards;
insert into award_terms (id, placement_id, award_id, from_at, weekly_minutes, rate_pence)
select gen_random_uuid(), placement_id, award_id, awarded_at + interval '60 days', weekly_minutes + 60, null from awards;

insert into offers (offer_id, placement_id, provider_id, lot, contract_kind, tier_name, made_at,
    expires_at, outcome, reason, answered_at)
select gen_random_uuid(), id, ('00000000-0000-7000-9000-' || lpad(to_hex(1 + (who + m) % :providers), 12, '0'))::uuid,
       lot, 'framework', 'framework-lot', received_at + m * interval '5 minutes',
       received_at + interval '1 hour', outcome,
       case when outcome = 'declined' then (array['no_capacity','area','times','rate'])[1 + (n + m) % 4] end,
       case when outcome in ('declined', 'awarded', 'lost') then received_at + m * interval '9 minutes' end
from made cross join generate_series(1, :offers) as m
cross join lateral (select (array['declined','lapsed','withdrawn','lost','awarded'])[1 + (n + m) % 5] as outcome) o;

insert into escalations (id, referral_id, placement_id, kind, severity, opened_at, closed_at)
select id, id, id, (array['nobody_left','target_overdue','released'])[1 + n % 3], 60,
       received_at + interval '4 hours', case when luck > 0.1 or luck < 0.05 then received_at + interval '9 hours' end
from made where n % 3 = 0;
