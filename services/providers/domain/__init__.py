"""The rules of answering: standard library only, `now` is an argument, a refusal is a value."""
