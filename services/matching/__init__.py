"""Matching: decides who is asked, in which order, and who takes a package."""
