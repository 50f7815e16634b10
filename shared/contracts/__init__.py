"""What passes between services: codes, events, topics, and the envelope they travel in.

Every class here is a frozen pydantic model that refuses unknown fields when written and ignores
them when read, so that a published version can gain optional fields and nothing else.
"""
