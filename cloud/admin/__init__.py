"""What an operator does by hand: registers bundles, invites devices, decides of releases, retires spaces.

May import `cloud.dataset`, `cloud.identity`, `cloud.overview`, `cloud.releases`, `cloud.spaces`, `cloud.store`,
`cloud.audit`, `cloud.errors`, `cloud.label_limit`, `cloud.settings`, `cloud.state_folder` and `contract`.
"""
