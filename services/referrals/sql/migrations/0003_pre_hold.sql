-- Until when a broker has put the search on hold.
alter table board add column held_until timestamptz;
