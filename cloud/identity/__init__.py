"""Who may do what: enrolment codes, devices and their tokens, and how much one device may do at once.

May import `cloud.store`, `cloud.errors` and `contract`.
"""
