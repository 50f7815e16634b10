"""What must always hold once things are settled: one module for tests, fault runs and `homeward verify`.

Each check reads the databases and the log, and says in a sentence what does not hold. Source:
design §10.
"""
