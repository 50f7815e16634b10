"""A simulated working day on a market of real shape, driven through the services' own HTTP.

What is published about Waltham Forest's market is in `market.yaml` with its source. Everything
else (names, lots, habits, persons) is invented or assumed, and says so.
"""
