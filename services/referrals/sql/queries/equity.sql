-- name: outcomes_of
-- How each referral received in a period fared on its own clock.
select referral_id, received_at, filled_at, withdrawn_at, targets::text as targets
from board where received_at >= :from_at and received_at < :to_at;
