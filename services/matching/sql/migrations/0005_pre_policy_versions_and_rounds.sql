-- When which version of the policy came into force, who published it and why. Rows are only added.
create table publications (
    number bigint primary key,      -- from 1, without gaps
    version text not null references policies,
    author text not null,
    reason text not null,
    published_at timestamptz not null,
    in_force_from timestamptz       -- null: from the beginning
);

-- What providers carry: rounds, held hours, and awards in the rotation; nearer places where permitted.
alter table awards add column weekly_minutes bigint;
alter table turns add column awards bigint not null default 0;
alter table summaries add column sector text;
