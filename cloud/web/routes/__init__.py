"""The service's routes: a blueprint for each resource of `contract.routes`.

A path of the contract, "/v1/objects/{sha256}", is a rule of Flask, "/v1/objects/<hash:sha256>". An id that is spelt in
another way makes another path, of which there is none here: one answer for all of them (`cloud.web.routes.ids`).

May import `cloud.web`, `cloud.dataset`, `cloud.identity`, `cloud.releases`, `cloud.store`, `cloud.errors`,
`cloud.proxies` and `contract`.
"""

from contract.manifest import Channel

HASHES = ("space", "upload", "sha256")
"""What stands in paths for a sha256."""


def rule(path: str) -> str:
    """Turn a path of the contract into Flask's form."""
    for name in HASHES:
        path = path.replace(f"{{{name}}}", f"<hash:{name}>")
    for name in ("device", "serial", "request"):
        path = path.replace(f"{{{name}}}", f"<{name}:{name}>")
    return path.replace("{channel}", f"<any({','.join(Channel)}):channel>")
