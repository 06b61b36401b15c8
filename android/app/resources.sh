#!/bin/sh
# Compiles what src/main/res and the manifest say: R.java for the compiler, and an archive for the APK and the tests.
set -eu

rm -rf "$OUT/res" "$OUT/assets" "$R_JAVA"
mkdir -p "$OUT/res" "$OUT/assets" "$R_JAVA"

aapt2 compile --dir src/main/res -o "$OUT/res/main.zip"
set -- "$OUT/res/main.zip"
if [ -n "$DEBUGGING" ]; then
  aapt2 compile --dir src/debug/res -o "$OUT/res/debug.zip"
  set -- "$@" -R "$OUT/res/debug.zip" --debug-mode
fi

if [ -n "$MODELS" ]; then
  test -f "$MODELS/bundle.json" || { echo "MODELS: expected a folder with bundle.json, got $MODELS" >&2; exit 1; }
  mkdir "$OUT/assets/bundle"
  cp "$MODELS"/* "$OUT/assets/bundle/"
fi
# As old as all else: an archive is the same for everybody who builds it.
find "$OUT/assets" -exec touch -d 2026-01-01T00:00:00Z {} +

# A .tflite is mapped into memory where it lies in the APK, so it is stored as it is. What aapt2 does not know of the
# framework's table it says for each build; nothing else is hushed.
aapt2 link -I "$ANDROID_JAR" --manifest src/main/AndroidManifest.xml -A "$OUT/assets" -0 .tflite \
    --version-code 1 --version-name "$VERSION" \
    --custom-package fedexapp --java "$R_JAVA" --proguard "$OUT/res/keep.txt" \
    -o "$RESOURCES_APK" "$@" 2> "$OUT/res/aapt2.log" || { cat "$OUT/res/aapt2.log" >&2; exit 1; }
grep -v "Unknown chunk type '200'" "$OUT/res/aapt2.log" >&2 || true
