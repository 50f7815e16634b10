"""What all services stand on: contracts, messaging, Postgres, HTTP, the clock. It knows no service."""
