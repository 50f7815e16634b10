-- Which version of what a placement needs is agreed: what is ordered when its award is confirmed.
alter table placement_needs add column version bigint not null default 1;
