"""The rules of placing a package: pure values and functions, the standard library only.

`decide.step` is the one way in: a placement, a command, an instant, a policy and a market go in;
events and the next placement, or a refusal, come out. Nothing here reads a clock or a file.
"""
