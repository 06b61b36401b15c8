"""The worker: the loop over a store that merges what arrives, trains what is due, signs anew what stands, and erases.

May import `cloud.admin`, `cloud.training`, `cloud.overview`, `cloud.releases`, `cloud.spaces`, `cloud.dataset`,
`cloud.identity`, `cloud.store`, `cloud.audit`, `cloud.errors`, `cloud.logs`, `cloud.settings`, `cloud.state_folder`,
`contract` and `export.keras_environment`.
"""
