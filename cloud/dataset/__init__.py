"""Samples: uploads that wait, the merge that puts each into the dataset exactly once, and the dataset as it is read.

May import `cloud.identity`, `cloud.spaces`, `cloud.store`, `cloud.deflate`, `cloud.errors`, `cloud.label_limit` and
`contract`.
"""
