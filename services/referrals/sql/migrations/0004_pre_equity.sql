-- The report by age reads the referrals of a quarter.
create index board_by_receipt on board (received_at);
