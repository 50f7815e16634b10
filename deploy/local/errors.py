"""The one error that a person who runs the local stack may meet."""


class StackError(Exception):
    """Says in a sentence what stopped the local stack and what to do about it."""
