"""Postgres for all services: pool, migrations, named queries, wake-ups."""
