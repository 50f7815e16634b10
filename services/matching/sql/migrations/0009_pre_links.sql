-- Referrals of people who live together: one names the other, and both are shown with each other.
create table links (
    referral_id uuid primary key,
    linked_referral_id uuid
);
create index links_back on links (linked_referral_id) where linked_referral_id is not null;
