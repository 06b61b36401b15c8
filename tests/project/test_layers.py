"""Which package may import which: what a package's docstring permits is all that its modules import.

The last sentence of each `__init__` docstring is the rule: "May import `cloud.store`, `cloud.errors` and `contract`."
`LEAVES` has the rule of each module outside of packages that packages may import.
"""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import bench
import cloud
import contract
import demo
import device
import export

PACKAGES = (bench, cloud, contract, demo, device, export)
ROOTS = {package.__name__: Path(str(package.__file__)).parent for package in PACKAGES}
RULED = [
    ".".join((name, *folder.relative_to(ROOTS[name]).parts))
    for name in ("cloud", "device", "export")
    for folder in sorted(path.parent for path in ROOTS[name].rglob("*/__init__.py"))
]
RULED.append("demo.drawing")
LEAVES = {
    "cloud.audit": {"cloud.errors", "cloud.logs"},
    "cloud.deflate": set(),
    "cloud.errors": {"contract"},
    "cloud.label_limit": set(),
    "cloud.logs": {"contract", "cloud.errors"},
    "cloud.proxies": {"contract"},
    "cloud.settings": {"contract", "cloud.errors", "cloud.label_limit", "cloud.proxies", "cloud.strictness"},
    "cloud.state_folder": {"cloud.errors"},
    "cloud.strictness": {"contract"},
    "device.answers": {"contract", "device.errors"},
    "device.errors": {"contract"},
    "device.settings": {"contract", "device.errors", "device.recognise.tflite"},  # the names of the runtimes
    "export.errors": {"contract"},
    "export.keras_environment": set(),
    "export.quiet": {"export.keras_environment"},
}
_RULE = re.compile(r"May import (?P<names>[^.]*(?:\.\w[^.]*)*)\.\s*\Z")


def source_of(package: str) -> Path:
    """The folder of a package."""
    root, *rest = package.split(".")
    return ROOTS[root].joinpath(*rest)


def permitted_by(package: str) -> set[str]:
    """What the docstring of a package permits it to import."""
    docstring = ast.get_docstring(ast.parse((source_of(package) / "__init__.py").read_text())) or ""
    rule = _RULE.search(docstring)
    assert rule, f"{package}: expected a docstring that ends with 'May import ...', got {docstring[-80:]!r}"
    return set(re.findall(r"`([a-z_.0-9]+)`", rule["names"]))


def imported_by(package: str) -> dict[str, str]:
    """The modules of this project outside a package, or a module, that it imports, each with one file that does."""
    found = {}
    source = source_of(package)
    for path in sorted(source.rglob("*.py")) if source.is_dir() else [source.with_suffix(".py")]:
        for module in _imports(path):
            if module.split(".")[0] in ROOTS and not is_within(module, package):
                found[module] = path.name
    return found


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _imports(path: Path) -> set[str]:
    """Every module that a file names in an import, also one that is only for type checkers."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {_module_of(node.module, alias.name) for alias in node.names}
    return found


def _module_of(module: str, name: str) -> str:
    """What `from module import name` loads: a module of the package, or the package itself."""
    root, *rest = module.split(".")
    if root not in ROOTS:
        return module
    folder = ROOTS[root].joinpath(*rest)
    return f"{module}.{name}" if (folder / f"{name}.py").is_file() or (folder / name).is_dir() else module


def astray(package: str, permitted: set[str]) -> dict[str, str]:
    """The modules that a package imports without being permitted to, each with one file that does."""
    return {
        module: file
        for module, file in imported_by(package).items()
        if not any(is_within(module, allowed) for allowed in permitted)
    }


@pytest.mark.parametrize("package", RULED)
def test_a_package_imports_only_what_its_docstring_permits(package: str) -> None:
    assert not astray(package, permitted_by(package))


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_leaf_imports_only_what_its_row_permits(leaf: str) -> None:
    assert not astray(leaf, LEAVES[leaf])


@pytest.mark.parametrize("package", RULED)
def test_a_single_module_that_a_package_may_import_is_a_leaf(package: str) -> None:
    """Anything could come along with it otherwise."""
    assert {name for name in permitted_by(package) if not source_of(name).is_dir()} <= LEAVES.keys()


@pytest.mark.parametrize("package", RULED)
def test_a_docstring_permits_only_what_is_used(package: str) -> None:
    used = imported_by(package)
    assert {name for name in permitted_by(package) if not any(is_within(module, name) for module in used)} == set()


@pytest.mark.parametrize("package", RULED)
def test_a_docstring_permits_only_what_there_is(package: str) -> None:
    for allowed in permitted_by(package):
        assert source_of(allowed).is_dir() or source_of(allowed).with_suffix(".py").is_file(), allowed


@pytest.mark.parametrize("root", ["cloud", "device", "export"])
def test_no_arrow_between_packages_runs_back_up(root: str) -> None:
    permitted = {package: permitted_by(package) for package in RULED if is_within(package, root)}
    list(TopologicalSorter(permitted).static_order())  # raises CycleError


def test_the_web_side_may_not_train() -> None:
    assert not {"cloud.training", "cloud.worker", "export"} & permitted_by("cloud.web")


def test_the_store_knows_nothing_of_what_it_keeps() -> None:
    assert permitted_by("cloud.store") == {"cloud.errors", "contract"}


def test_contract_imports_nothing_of_the_project() -> None:
    assert not imported_by("contract")
