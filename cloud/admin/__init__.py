"""What an operator does by hand: registering training bundles.

May import `cloud.dataset`, `cloud.releases`, `cloud.store`, `cloud.errors` and `contract`.
"""
