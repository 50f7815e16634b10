"""HTTP routes for wards and hubs, and the internal one that releases personal details."""
