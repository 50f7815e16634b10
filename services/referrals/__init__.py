"""The service for wards and hubs: it takes referrals and shows where each one stands."""
