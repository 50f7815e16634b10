"""The local stack: PostgreSQL, Apache Kafka and the services as supervised processes.

Servers come from wheels and verified jars, never from the machine; everything listens on loopback.
"""
