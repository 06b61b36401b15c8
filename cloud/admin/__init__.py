"""What an operator does by hand: registers bundles, invites devices, shares and withdraws releases, reads self-tests.

May import `cloud.dataset`, `cloud.identity`, `cloud.releases`, `cloud.store`, `cloud.errors` and `contract`.
"""
