"""HTTP for all services: problems, limits, tokens, idempotency, waiting, pages, the application."""
