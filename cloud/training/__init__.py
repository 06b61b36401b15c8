"""One training cycle: when it is due, what it learns from, its trials, and the choice of the head to publish.

Four modules run in a cycle's processes and import Keras and `export`: `trainer`, `converter`, `fine_tune` and `heads`;
the others, which the worker itself runs, import nothing of `export` but `export.heads.calibration`, which has no Keras.

May import `cloud.dataset`, `cloud.releases`, `cloud.spaces`, `cloud.store`, `cloud.deflate`, `cloud.errors`,
`cloud.label_limit`, `cloud.logs`, `cloud.settings`, `cloud.state_folder`, `contract` and `export`.
"""
