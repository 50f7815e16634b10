-- Answers name the version of what is needed that they are about.
alter table searches
    add column version bigint not null default 1,
    add column oldest_version bigint not null default 1;  -- older ones are about another package
