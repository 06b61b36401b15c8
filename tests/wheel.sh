#!/usr/bin/env bash
# Build the wheel, install it into an environment of its own, and run the rooms' tests against it from a folder where the
# checkout cannot be imported. The road's own tests and the demo's need demo/, which wheels leave out.
set -euo pipefail
here=build/wheel
rm -rf "$here" && mkdir -p "$here/tests"
"$BUILDER" -m build --wheel --outdir "$here" . > "$here/build.log" 2>&1 || { cat "$here/build.log"; exit 1; }
"$PYTHON" -m venv "$here/venv"
"$here/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$(ls "$here"/fedex-*.whl)[device,cloud,export,test]"
cp -r tests/. "$here/tests/" && cp setup.cfg "$here/setup.cfg" && cp -r demo "$here/demo"
rm -rf "$here/tests/demo" "$here/tests/bench" "$here/tests/project"
root=$PWD
cd "$here"
export FEDEX_DATA="${FEDEX_DATA:-$root/../shared/data}" FEDEX_TOOLS="$root/build/tools"
venv/bin/python - <<'PY'
import pathlib, contract, cloud, device, export
for package in (contract, cloud, device, export):
    assert "site-packages" in str(package.__file__), package.__file__
assert (pathlib.Path(str(device.__file__)).parent / "schema.sql").is_file()
for package in (contract, cloud, device, export):
    assert (pathlib.Path(str(package.__file__)).parent / "py.typed").is_file(), package
PY
venv/bin/python -m pytest -q -m 'not slow' "${@:-tests/contract tests/device}"
