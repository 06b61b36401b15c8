"""What an operator does by hand: registering training bundles.

May import `cloud.dataset`, `cloud.identity`, `cloud.releases`, `cloud.spaces`, `cloud.store`, `cloud.errors` and
`contract`.
"""
