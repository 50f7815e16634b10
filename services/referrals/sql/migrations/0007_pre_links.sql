-- A referral may name that of the person who lives with this one.
alter table referrals add column linked_referral_id uuid references referrals;
create index referrals_linked on referrals (linked_referral_id) where linked_referral_id is not null;
create view lives_with as
    select referral_id, linked_referral_id from referrals where linked_referral_id is not null
    union
    select linked_referral_id, referral_id from referrals where linked_referral_id is not null;
