"""What an operator does by hand: registering training bundles, inviting devices, reading what these say of themselves.

May import `cloud.dataset`, `cloud.identity`, `cloud.releases`, `cloud.store`, `cloud.errors` and `contract`.
"""
