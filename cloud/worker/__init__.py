"""The worker: the loop that merges what arrives and trains what is due, for all pools of a store.

May import `cloud.training`, `cloud.releases`, `cloud.spaces`, `cloud.dataset`, `cloud.store`, `cloud.errors`,
`cloud.logs`, `cloud.settings`, `contract` and `export.keras_environment`.
"""
