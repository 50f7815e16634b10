"""Kafka without losing or blocking: outbox and relay out, batch consumer and inbox in."""
