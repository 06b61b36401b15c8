#!/usr/bin/env bash
# Install the device from its wheel with the lowest version of each library that setup.cfg allows, and run its tests on
# these, from a folder where the checkout cannot be imported.
set -euo pipefail
here=build/lowest
rm -rf "$here" && mkdir -p "$here/tests" "$here/models"
"$BUILDER" -m build --wheel --outdir "$here" . > "$here/build.log" 2>&1 || { cat "$here/build.log"; exit 1; }
"$BUILDER" tests/lowest.py device > "$here/constraints.txt"
"$PYTHON" -m venv "$here/venv"
"$here/venv/bin/python" -m pip install --quiet --disable-pip-version-check --constraint "$here/constraints.txt" \
    "$(ls "$here"/fedex-*.whl)[device,test]"
"$BUILDER" tests/device/tiny.py "$here/models" > "$here/models.log" 2>&1 || { cat "$here/models.log"; exit 1; }
cp -r tests/. "$here/tests/" && cp setup.cfg README.md "$here/" && cp -r demo "$here/demo"
cd "$here"
venv/bin/python tests/lowest.py device --check
FEDEX_TINY_MODELS=$PWD/models venv/bin/python -m pytest -q -m 'not slow' tests/device
