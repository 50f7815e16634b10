-- name: searches_to_look_at
-- Referrals with a search under way, and not held, of which nothing was forecast since an instant.
select s.referral_id from summaries s
where s.status = 'searching' and s.held_until is null and s.complete_at <= :since
  and not exists (
    select from forecasts f where f.placement_id = s.placement_id and f.looked_at > :since
  )
order by s.received_at, s.referral_id limit :most;

-- name: keep_forecast*!
-- What is said of a search, to be scored later.
insert into forecasts (placement_id, horizon, looked_at, until, said)
values (:placement_id, :horizon, :looked_at, :until, :said) on conflict do nothing;

-- name: score_forecasts!
-- Adds up what came of forecasts whose time passed before an instant, and forgets them. Those of
-- searches that were called off say nothing.
with passed as (
    delete from forecasts where until < :before
    returning placement_id, horizon, until, said
), told as (
    select p.horizon, least(9, p.said / 100) as tenth, count(*) as forecasts, sum(p.said) as said,
           count(*) filter (where s.filled_at <= p.until) as happened
    from passed p join summaries s using (placement_id)
    where s.withdrawn_at is null and not s.divided
    group by 1, 2
)
insert into scores as kept (horizon, tenth, forecasts, said, happened)
select horizon, tenth, forecasts * :weight, said * :weight, happened * :weight from told
on conflict (horizon, tenth) do update set
    forecasts = kept.forecasts + excluded.forecasts,
    said = kept.said + excluded.said,
    happened = kept.happened + excluded.happened;

-- name: all_scores
-- What came of forecasts.
select horizon, tenth, forecasts, said, happened from scores;
