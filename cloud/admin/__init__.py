"""What an operator does by hand: registering training bundles, and looking at what devices said of themselves.

May import `cloud.dataset`, `cloud.releases`, `cloud.store`, `cloud.errors` and `contract`.
"""
