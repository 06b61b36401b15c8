"""The extras of setup.cfg: a phone and a web server install nothing that trains, and each range has two ends."""

import ast
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.lowest import bound, extras, requirements

ROOT = Path(__file__).resolve().parents[2]
TRAINS = {"tensorflow", "tensorflow-cpu", "keras", "jax", "h5py"}
SERVES = {"flask", "gunicorn", "boto3"}
OURS = {"contract", "cloud", "device", "export"}
TYPES_ONLY = {"_typeshed"}


def required_by(*names: str) -> set[str]:
    """The names of the libraries that some extras ask for, beside what the project itself does."""
    return {canonicalize_name(one.name) for name in names for one in requirements(name)}


@pytest.mark.parametrize(("extra", "without"), [("device", TRAINS | SERVES), ("cloud", TRAINS)])
def test_an_extra_asks_for_nothing_that_belongs_elsewhere(extra: str, without: set[str]) -> None:
    """Nor for another extra, which might; what its libraries ask for is looked at by `make test-wheel`."""
    assert required_by(extra) > {"numpy"}
    assert required_by(extra).isdisjoint(without | {"fedex"})


def test_only_what_exports_or_trains_asks_for_tensorflow() -> None:
    assert {extra for extra in extras() if required_by(extra) & TRAINS} == {"export", "gpu", "jax"}


@pytest.mark.parametrize("extra", extras())
def test_every_range_has_a_lower_and_an_upper_bound(extra: str) -> None:
    """A new major version of a library broke what nobody had tried, and an old one what nobody had declared."""
    for requirement in requirements(extra):
        assert bound(requirement, ">=") < bound(requirement, "<"), requirement


@pytest.mark.parametrize(
    ("folder", "without", "installed_with"),
    [
        ("contract", None, "device"),
        ("device", None, "device heic"),
        ("export", None, "export heic"),
        ("cloud", "cloud/training", "cloud"),
        ("cloud/training", None, "cloud export heic ray"),
    ],
    ids=["contract", "device", "export", "cloud without training", "training"],
)
def test_what_is_imported_is_asked_for(folder: str, without: str | None, installed_with: str) -> None:
    """urllib3 came along with requests, in a version that would not do."""
    names = metadata.packages_distributions()
    imported = {canonicalize_name(library) for name in _imports(folder, without) for library in names[name]}
    assert imported <= required_by(*installed_with.split())


def _imports(folder: str, without: str | None) -> set[str]:
    """The top-level names that the modules in a folder import and that others have written."""
    sources = {
        source for source in (ROOT / folder).rglob("*.py") if without is None or ROOT / without not in source.parents
    }
    nodes = [node for source in sources for node in ast.walk(ast.parse(source.read_text()))]
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    return {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - OURS - TYPES_ONLY
