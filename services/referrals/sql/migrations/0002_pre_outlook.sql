-- How likely a provider is found, as wards were last told.
alter table board add column outlook text;
