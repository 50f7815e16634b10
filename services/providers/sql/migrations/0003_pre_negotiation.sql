-- A yes that a person must look at: a quoted rate, or a condition, and the terms put in its place.
alter table offers add column counter json;  -- {"starts_at", "visits"}: ours, to be answered
alter table offers drop constraint offers_status_check;
alter table offers add constraint offers_status_check check (status in
    ('live', 'standing', 'accepted', 'declined', 'lapsed', 'withdrawn',
     'waiting', 'conditional', 'countered', 'refused'));
alter table responses drop constraint responses_request_check;
alter table responses add constraint responses_request_check check (request in
    ('accept', 'accept_if', 'decline', 'accept_counter', 'decline_counter',
     'confirm', 'release', 'start', 'hand_back', 'restart', 'change'));

-- One answer an offer, and one to the terms put in its place.
drop index responses_one_an_offer;
create unique index responses_one_an_offer on responses (offer_id)
    where offer_id is not null and request in ('accept', 'accept_if', 'decline');
create unique index responses_one_a_counter on responses (offer_id)
    where offer_id is not null and request in ('accept_counter', 'decline_counter');
