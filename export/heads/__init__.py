"""How a head is fitted: the last layer, its cross-validation, temperature and threshold.

May import `export.network`, `export.examples`, `export.errors` and `contract`.
"""
