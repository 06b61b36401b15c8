#!/bin/sh
# Makes an APK of classes, resources and native libraries: shrunk, aligned, signed, verified.
set -eu

KEYSTORE=${KEYSTORE:-$HOME/.android/debug.keystore}
export TZ=UTC

rm -rf "$OUT/apk"
mkdir -p "$OUT/apk/lib"

# That jar has Android's classes, and the JDK those of Java.
"$JDK/bin/java" -Xmx1g -cp "$R8_JAR" com.android.tools.r8.R8 --release --min-api "$MIN_SDK" \
    --lib "$ANDROID_JAR" --lib "$JDK" --pg-conf keep.pro --pg-conf "$OUT/res/keep.txt" --output "$OUT/apk" \
    "$APP_JAR" "$CLIENT_JAR" "$TFLITE_JAR"
for abi in arm64-v8a armeabi-v7a x86_64; do
  mkdir "$OUT/apk/lib/$abi"
  cp "$TFLITE_AAR/jni/$abi/libtensorflowlite_jni.so" "$OUT/apk/lib/$abi/"
done
find "$OUT/apk" -exec touch -d 2026-01-01T00:00:00Z {} +

cp "$RESOURCES_APK" "$OUT/unaligned.apk"
(cd "$OUT/apk" && zip -q -X -D "$OUT/unaligned.apk" classes*.dex && find lib -type f | sort | zip -q -X -D -0 -@ "$OUT/unaligned.apk")
zipalign -f -p 4 "$OUT/unaligned.apk" "$OUT/aligned.apk"

# The key that Android's tools make for debugging, where they have made none yet.
test -f "$KEYSTORE" || { mkdir -p "$(dirname "$KEYSTORE")" && "$JDK/bin/keytool" -genkeypair -keystore "$KEYSTORE" \
    -storetype PKCS12 -storepass android -keypass android -alias androiddebugkey -keyalg RSA -keysize 2048 \
    -validity 10000 -dname "CN=Android Debug,O=Android,C=US" 2> /dev/null; }
apksigner sign --ks "$KEYSTORE" --ks-pass pass:android --key-pass pass:android --ks-key-alias androiddebugkey \
    --min-sdk-version "$MIN_SDK" --out "$OUT/signed.apk" "$OUT/aligned.apk"
zipalign -c -p 4 "$OUT/signed.apk"
apksigner verify --min-sdk-version "$MIN_SDK" --Werr "$OUT/signed.apk"
mv "$OUT/signed.apk" "$APK"
