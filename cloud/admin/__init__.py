"""What an operator does by hand: registers bundles, invites devices, shares and withdraws releases, retires spaces.

May import `cloud.dataset`, `cloud.identity`, `cloud.releases`, `cloud.spaces`, `cloud.store`, `cloud.errors` and
`contract`.
"""
