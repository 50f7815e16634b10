"""The rules of referrals: pure, with nothing but the standard library."""
