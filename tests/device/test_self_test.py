"""A device tests itself once for each setup as it first keeps what that computes, and keeps back what failed."""

import errno
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from contract.bundle import DeviceBundle, read_device_bundle
from contract.errors import Impossible
from contract.fitting import Placement, Rectangle, fit_photo
from contract.inputs import PhotoInput
from contract.problems import Problem
from contract.self_test import PPM, Setup
from contract.upload import Upload, decode_upload
from device import assembly
from device.advice import with_advice
from device.assembly import Device
from device.cache.setups import BundleSetup, KeptSetup, WaitingSamples
from device.errors import BadInstallation, KeptBack, ModelRefused, SettingError
from device.recognise import preparation, recognizer, self_test
from device.recognise.regions import RegionFinder
from device.recognise.self_test import describe_setup, run_golden_input, run_self_test
from device.recognise.tflite import Model, TFLiteRuntime
from device.self_test import kept_back
from tests.device.conftest import MakePhoto, WriteBundle
from tests.device.golden import golden_input
from tests.device.photos import TAKEN, Taken, draw_photo
from tests.device.serving import StubService, refuse
from tests.device.test_cli import Run, fails
from tests.device.test_cli import run as run


@pytest.fixture
def enrolled(device: Device) -> Device:
    """The device, enrolled."""
    device.enrol()
    return device


def give(device: Device, label: str, *, shade: int = 0) -> None:
    """Recognise a photo and give it a label."""
    with device.recognizer() as recognizer:
        [inference] = recognizer.infer(draw_photo(1, shade=shade))
    assert inference.id is not None
    device.give_feedback(inference.id, label=label)


def received(service: StubService) -> list[Upload]:
    return [decode_upload(body) for _, _, body in service.uploads]


def at_the_corner(width: int, height: int, *, photo_input: PhotoInput) -> Placement:
    """A crop that is off: all that is left out is at the right, or below."""
    placement = fit_photo(width, height, photo_input=photo_input)
    return replace(placement, part=Rectangle(0, 0, placement.part.width, placement.part.height))


@contextmanager
def untestable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the golden input be unreadable for the block, as of a disk that is going: nothing is tested."""

    def fail(*_: object, **__: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(recognizer, "run_golden_input", fail)
        yield


def update_app(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let another version of the app run from now on."""

    def describe(bundle: DeviceBundle, *, runtime: TFLiteRuntime, threads: int) -> BundleSetup:
        used = describe_setup(bundle, runtime=runtime, threads=threads)
        return replace(used, setup=replace(used.setup, app=name))

    monkeypatch.setattr(recognizer, "describe_setup", describe)
    monkeypatch.setattr(assembly, "describe_setup", describe)


@pytest.mark.parametrize("taken", TAKEN.values(), ids=TAKEN)
def test_each_runtime_passes_with_each_kind_of_bundle(
    bundle: DeviceBundle, runtime: TFLiteRuntime, taken: Taken
) -> None:
    assert run_self_test(bundle, runtime=runtime, threads=1) > 999_900
    assert run_self_test(bundle, runtime=runtime, threads=2) > 999_900


def test_each_runtime_passes_with_a_bundle_of_faces(faces_folder: Path, runtime: TFLiteRuntime) -> None:
    assert run_self_test(read_device_bundle(faces_folder), runtime=runtime, threads=1) > 999_900


def test_where_no_face_is_found_the_cosine_is_0(
    tmp_path: Path, write_bundle: WriteBundle, faces_folder: Path, any_runtime: TFLiteRuntime, detector: bytes
) -> None:
    plain = golden_input(PhotoInput(160, 160))
    faces = read_device_bundle(faces_folder).input
    bundle = write_bundle(tmp_path / "blind", input=faces, detector=detector, golden_input=plain)
    assert run_self_test(bundle, runtime=any_runtime, threads=1) == 0


def test_a_golden_input_that_was_changed_is_refused(bundle: DeviceBundle, any_runtime: TFLiteRuntime) -> None:
    bundle.golden_input_path.write_bytes(b"another photo")
    with pytest.raises(Impossible, match=r"golden-input\.png: expected"):
        run_self_test(bundle, runtime=any_runtime, threads=1)


def test_a_device_tests_itself_once_and_says_so_in_every_upload(
    enrolled: Device, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[DeviceBundle] = []

    def counted(bundle: DeviceBundle, *, prefix: Model, finder: RegionFinder) -> int:
        runs.append(bundle)
        return run_golden_input(bundle, prefix=prefix, finder=finder)

    monkeypatch.setattr(self_test, "run_golden_input", counted)
    monkeypatch.setattr(recognizer, "run_golden_input", counted)
    for shade, label in enumerate(["Ada", "Ben"]):
        give(enrolled, label, shade=shade)
        assert enrolled.push().problem is None
    assert len(runs) == 1
    first, second = (one.self_test for one in received(service))
    assert first == second
    assert 999_900 < first.cosine_ppm <= PPM
    assert first.setup.app.startswith("fedex ")
    assert first.setup.runtime.startswith("ai-edge-litert ")
    assert first.setup.delegate == "cpu, 1 thread"
    assert platform.machine() in first.setup.system


def test_nothing_is_tested_but_for_a_feature_that_is_kept(enrolled: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> int:
        raise AssertionError("tested")

    monkeypatch.setattr(recognizer, "run_golden_input", never)
    enrolled.push()
    with enrolled.recognizer() as opened:
        opened.recognise(draw_photo(1))
        with pytest.raises(AssertionError, match="tested"):
            opened.infer(draw_photo(2))


def test_an_update_before_the_first_push_strands_nothing(
    enrolled: Device, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new kernel, app or setting between feedback and push kept it back for good, untested."""
    several = Device(replace(enrolled.settings, threads=2))
    give(several, "Ada", shade=1)
    monkeypatch.setattr(platform, "release", lambda: "99.1.2-custom")
    give(enrolled, "Ben", shade=2)
    update_app(monkeypatch, "fedex 99")
    report = enrolled.push()
    assert (report.samples, report.problem) == (2, None)
    setups = [one.self_test.setup for one in received(service)]
    assert [one.delegate for one in setups] == ["cpu, 2 threads", "cpu, 1 thread"]
    assert " 99.1 " in setups[1].system


def test_without_anything_to_send_a_push_needs_no_bundle(run: Run, environment: dict[str, str]) -> None:
    run("enrol")
    assert run("push", FEDEX_BUNDLE="").out == "nothing to push\n"


def test_a_device_whose_preparation_is_damaged_answers_uploads_nothing_and_says_so(
    run: Run, make_photo: MakePhoto, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparation, "fit_photo", at_the_corner)
    run("enrol")
    assert run("infer", make_photo(1), "--json").rows[0]["label"] == "Ben"
    run("feedback", 1, "--right")
    for _ in range(2):
        done = run("push")
        fails(done, "1 sample is kept back: self-test failed: expected a cosine of 0.990000 at least, got -0.")
        assert "(answers go on, and may be wrong: update this program and its TFLite runtime" in done.err
        assert done.out == ""
    assert service.uploads == []
    status = run("status")
    assert "samples    0 to upload, 0 acknowledged, 1 kept back\n" in status.out
    assert "self-test  failed: expected a cosine of 0.990000 at least, got -0." in status.out
    fails(status, "what is computed here is kept back: self-test failed: expected a cosine of 0.990000 at least, got")
    assert "(answers go on, and may be wrong: update this program and its TFLite runtime" in status.err
    [row] = run("status", "--json").rows
    assert (row["samples_waiting"], row["samples_kept_back"], row["self_test"]["passed"]) == (0, 1, False)
    assert -1 < row["self_test"]["cosine"] < row["self_test"]["least_cosine"] == 0.99
    assert run("infer", make_photo(1), "--json").rows[0]["label"] == "Ben"


def test_what_a_damaged_app_computed_stays_back_when_the_next_version_is_right(
    enrolled: Device, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its features are wrong for ever; the new version's self-test says nothing of them."""
    monkeypatch.setattr(preparation, "fit_photo", at_the_corner)
    give(enrolled, "Ada", shade=1)
    assert isinstance(enrolled.push().problem, KeptBack)
    monkeypatch.setattr(preparation, "fit_photo", fit_photo)
    update_app(monkeypatch, "fedex 99")
    give(enrolled, "Ben", shade=2)
    report = enrolled.push()
    assert (report.uploads, report.samples) == (1, 1)
    assert isinstance(report.problem, KeptBack)
    [upload] = received(service)
    assert (upload.labels, upload.self_test.setup.app) == (("Ben",), "fedex 99")
    give(enrolled, "Ada", shade=1)  # the same photo, inferred again
    report = enrolled.push()
    assert (report.samples, report.problem) == (1, None)
    assert received(service)[1].labels == ("Ada",)


def test_what_a_version_computed_that_is_gone_untested_stays_back(
    enrolled: Device, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with untestable(monkeypatch):
        give(enrolled, "Ada")
    update_app(monkeypatch, "fedex 99")
    report = enrolled.push()
    assert (report.uploads, service.uploads) == (0, [])
    assert isinstance(report.problem, KeptBack)
    assert "1 sample is kept back: computed by what is gone, untested (fedex " in str(report.problem)
    assert with_advice(report.problem).endswith(" (infer these photos again, and repeat the feedback)")
    give(enrolled, "Ada")  # as advised
    report = enrolled.push()
    assert (report.samples, report.problem) == (1, None)


def test_what_passed_its_test_is_sent_whatever_runs_now(
    enrolled: Device, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an update of the system: the bundle is not even opened."""
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNAVAILABLE)
    give(enrolled, "Ada", shade=1)
    enrolled.push()
    service.faults.clear()
    give(enrolled, "Ben", shade=2)
    update_app(monkeypatch, "fedex 99")
    without = Device(replace(enrolled.settings, bundle=None))
    assert without.push().samples == 2
    assert [one.labels for one in received(service)] == [("Ada",), ("Ben",)]
    assert "fedex 99" not in {one.self_test.setup.app for one in received(service)}


def test_a_bundle_that_cannot_be_opened_keeps_back_what_is_untested_alone(
    enrolled: Device, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNAVAILABLE)
    give(enrolled, "Ada", shade=1)
    enrolled.push()
    service.faults.clear()
    several = Device(replace(enrolled.settings, threads=2))
    with untestable(monkeypatch):
        give(several, "Ben", shade=2)
    without = Device(replace(several.settings, bundle=None))
    report = without.push()
    assert [one.labels for one in received(service)] == [("Ada",)]
    assert isinstance(report.problem, SettingError)
    assert several.push().samples == 1
    assert received(service)[1].self_test.setup.delegate == "cpu, 2 threads"


def test_a_golden_input_that_is_damaged_is_a_bad_installation_and_no_outcome(
    enrolled: Device, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = enrolled.bundle().golden_input_path
    whole = path.read_bytes()
    with untestable(monkeypatch):
        give(enrolled, "Ada")
    path.write_bytes(whole[:-1])
    assert isinstance(enrolled.push().problem, ModelRefused)
    path.write_bytes(whole)
    assert enrolled.push().samples == 1


def test_the_status_says_how_the_test_of_what_computes_now_ended(
    run: Run, make_photo: MakePhoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("enrol")
    assert "self-test" not in run("status").out
    with untestable(monkeypatch):
        run("infer", make_photo(1))
        run("feedback", 1, "--right")
    assert "self-test  not run yet, comes with the next inference (fedex " in run("status").out
    assert "samples    1 to upload, 0 acknowledged\n" in run("status").out
    run("infer", make_photo(2))
    shown = run("status").out
    assert "self-test  passed: cosine 0.9999" in shown or "self-test  passed: cosine 1.0000" in shown
    assert run("status", "--json").rows[0]["self_test"]["passed"] is True


def test_what_the_service_refuses_for_its_self_test_is_set_aside(
    run: Run, make_photo: MakePhoto, service: StubService
) -> None:
    """As where the registered bundle asks for more than the device's own."""
    run("enrol")
    run("infer", make_photo(1))
    run("feedback", 1, "--right")
    service.faults["/v1/spaces"] = lambda: refuse(Problem.SELF_TEST_FAILED)
    done = run("push")
    assert done.code == 1
    assert "update this program and its TFLite runtime" in done.err
    assert "refused and kept: 1 upload" in done.out


def test_a_system_may_call_itself_anything(bundle: DeviceBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "release", lambda: "6.1\n\u2603" + "x" * 500)
    monkeypatch.setattr(platform, "system", lambda: "")
    runtime = TFLiteRuntime("ai-edge-litert", "2.3.0")
    system = describe_setup(bundle, runtime=runtime, threads=1).setup.system
    assert system == f"6.1 {platform.machine()}"
    monkeypatch.setattr(platform, "release", lambda: "ours")
    monkeypatch.setattr(platform, "machine", lambda: "\u2603" + "x" * 500)
    system = describe_setup(bundle, runtime=runtime, threads=1).setup.system
    assert system.startswith("?xxx")
    assert len(system) == 128
    monkeypatch.setattr(platform, "machine", lambda: "")
    assert describe_setup(bundle, runtime=runtime, threads=1).setup.system == "unknown"


def test_no_name_tells_one_user_from_another(bundle: DeviceBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel of one's own may have a name that nobody else's has."""
    monkeypatch.setattr(platform, "release", lambda: "6.1.55-adas-own+")
    runtime = TFLiteRuntime("ai-edge-litert", "2.3.0")
    used = describe_setup(bundle, runtime=runtime, threads=1)
    assert platform.node() not in str(used.setup)
    assert str(Path.home()) not in str(used.setup)
    assert used.setup.system == f"{platform.system()} 6.1 {platform.machine()}"


USED = BundleSetup(Setup("app", "runtime", "cpu", "system"), "b" * 64, 990_000)


@pytest.mark.parametrize(
    ("cosines", "said"),
    [
        ([], None),
        ([990_000, PPM], None),
        ([None], "2 samples are kept back: computed by what is gone, untested (app, runtime, cpu, system)"),
        (
            [None, 0, None],
            "2 samples are kept back: self-test failed: expected a cosine of 0.990000 at least, got 0.000000 "
            "(app, runtime, cpu, system); 4 samples are kept back: computed by what is gone, untested (app, runtime, "
            "cpu, system) (answers go on, and may be wrong: ",
        ),
        ([989_999, PPM], "2 samples are kept back: self-test failed: expected a cosine of 0.990000 at least, got 0.98"),
    ],
)
def test_what_is_kept_back_is_counted_and_the_reason_said(cosines: list[int | None], said: str | None) -> None:
    problem = kept_back([WaitingSamples(KeptSetup(key, USED, cosine), 2) for key, cosine in enumerate(cosines)])
    assert (problem is None) == (said is None)
    assert problem is None or with_advice(problem).startswith(str(said))
    assert problem is None or isinstance(problem, BadInstallation)
