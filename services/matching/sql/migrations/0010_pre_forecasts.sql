-- What was forecast of searches, until it is scored; an instant's chance is in thousandths.
create table forecasts (
    placement_id uuid not null,
    horizon text not null,
    looked_at timestamptz not null,
    until timestamptz not null,
    said bigint not null,
    primary key (placement_id, looked_at, horizon)
);
create index forecasts_by_end on forecasts (until);

-- What came of them, by tenth of chance: weighted sums, as those of tallies. Not made from events:
-- forecasts are not among them.
create table scores (
    horizon text not null,
    tenth bigint not null,
    forecasts numeric not null,
    said numeric not null,
    happened numeric not null,
    primary key (horizon, tenth)
);
