"""Registers of packages: made ones of a real council's size, and what councils have published."""
