"""Homeward's services, one for each audience. None of them imports another."""
