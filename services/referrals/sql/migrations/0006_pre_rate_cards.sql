-- What a week costs by a rate card, exactly; null: hours times the rate.
alter table placement_awards add column weekly_cost_sixtieths bigint;
