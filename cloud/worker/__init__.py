"""The worker: the loop over a store that merges what arrives, trains what is due, and signs anew what stands.

May import `cloud.admin`, `cloud.training`, `cloud.releases`, `cloud.spaces`, `cloud.dataset`, `cloud.identity`,
`cloud.store`, `cloud.errors`, `cloud.logs`, `cloud.settings`, `contract` and `export.keras_environment`.
"""
