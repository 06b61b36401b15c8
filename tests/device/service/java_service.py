"""Runs a command, as Maven with the Android library's tests, while the real service lives.

    python -m tests.device.service.java_service DIR COMMAND...

    DIR/service.json    where the service is and what lets devices in; there only while it runs
    DIR/work            its store, state, certificate and logs; of the last run

gunicorn and worker are processes, over a store in a folder. Two addresses lead to it, one by http and one by https with
a certificate of its own. It has the space of a device bundle, and of the fixture that the tests may have; the worker
merges and does not train, as the head that its bundle has is none. The status is the command's.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import io
import ipaddress
import json
import os
import secrets
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from contract.bundle import BaseSamples, DeviceBundle, TrainingBundleParts, read_device_bundle, write_training_bundle
from contract.files import atomic_write
from contract.invitation import Invitation
from contract.routes import READYZ
from demo.errors import DemoError
from demo.running.commands import command
from demo.running.local_http import answer_of
from demo.running.ports import free_port
from demo.running.process_guard import guarded
from demo.running.processes import CALL_TIMEOUT_S, Processes, running

ROOT = Path(__file__).resolve().parents[3]
BUNDLES = (ROOT / "tests/contract/golden/device-bundle", ROOT / "build/android-fixture/bundle")
"""The second one is there where somebody has made it."""
GROUPS = ("family", "strangers")
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 10.0
MANY = "1000000"
LIMITS = ("FEDEX_CODE_ENROLMENTS", "FEDEX_ADDRESS_ENROLMENTS", "FEDEX_ADDRESS_GUESSES", "FEDEX_DEVICE_TOKENS")
DAY = datetime.timedelta(days=1)


def main(folder: Path, argv: Sequence[str]) -> int:
    """Start the service, run the command, stop the service; return the command's status."""
    folder = folder.resolve()
    work, told = folder / "work", folder / "service.json"
    told.unlink(missing_ok=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    bundles = [bundle for bundle in BUNDLES if (bundle / "bundle.json").is_file()]
    with running(work / "logs") as processes:
        try:
            atomic_write(told, json.dumps(start(processes, work, bundles), indent=1).encode(), mode=0o600)
            return run(argv)
        finally:
            told.unlink(missing_ok=True)


def start(processes: Processes, work: Path, bundles: Sequence[Path]) -> dict[str, object]:
    """Start the service, and return what its clients are told."""
    codes = {group: secrets.token_urlsafe(12) for group in GROUPS}
    environment = {
        "FEDEX_STORE": f"dir:{work / 'store'}",
        "FEDEX_STATE": str(work / "state"),
        "FEDEX_ENROLMENT": ",".join(f"{code}={group}" for group, code in codes.items()),
        "FEDEX_MIN_NEW": MANY,
        **dict.fromkeys(LIMITS, MANY),
    }
    cloud = command("fedex-cloud")
    for number, bundle in enumerate(bundles):
        training = write_training(work / f"training-{number}", read_device_bundle(bundle))
        add = [cloud, "bundle", "add", str(training)]
        processes.call("bundle-add", add, environment=environment, timeout_s=CALL_TIMEOUT_S)
    pin = write_certificate(certificate := work / "certificate.pem", key := work / "key.pem")
    plain, secure = free_port(), free_port()
    tls = environment | {"FEDEX_TLS_CERT": str(certificate), "FEDEX_TLS_KEY": str(key)}
    processes.start("serve", [cloud, "serve", "--bind", f"127.0.0.1:{plain}"], environment=environment)
    processes.start("serve-tls", [cloud, "serve", "--bind", f"127.0.0.1:{secure}"], environment=tls)
    processes.start("worker", [cloud, "worker"], environment=environment)
    url = f"http://127.0.0.1:{plain}"
    processes.wait_until(lambda: can_enrol(url), what="a service that takes devices", timeout_s=START_TIMEOUT_S)
    return {
        "url": url,
        "https": {"url": f"https://127.0.0.1:{secure}", "certificates": str(certificate), "pin": pin},
        "codes": codes,
        "fingerprint": fingerprint(processes, cloud, environment, url),
        "bundles": [{"space": read_device_bundle(one).space, "folder": str(one)} for one in bundles],
        "cloud": [cloud],
        "environment": environment,
    }


def write_training(folder: Path, bundle: DeviceBundle) -> Path:
    """Write a training bundle of a device bundle's space: its head is an archive that nobody can open."""
    content, random = io.BytesIO(), np.random.default_rng(0)
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("config.json", "metadata.json"):
            archive.writestr(zipfile.ZipInfo(name), b"{}")
        archive.writestr(zipfile.ZipInfo("model.weights.h5"), b"\x89HDF\r\n\x1a\n")
    parts = TrainingBundleParts(
        facts=bundle.facts,
        head=content.getvalue(),
        labels=("Ada", "Ben"),
        golden=np.zeros(bundle.feature_shape, np.float32),
        base=BaseSamples(
            features=random.normal(size=(4, *bundle.feature_shape)).astype(np.float32),
            labels=np.array([0, 0, 1, 1], np.uint32),
            sample_ids=random.integers(0, 256, (4, 16), np.uint8),
            splits=np.zeros(4, np.uint8),
        ),
    )
    write_training_bundle(folder, parts)
    return folder


def write_certificate(path: Path, key_path: Path) -> str:
    """Write a key, and a certificate of 127.0.0.1 that it signed itself; return its pin."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test of FEDEx")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY)
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    atomic_write(key_path, private, mode=0o600)
    atomic_write(path, certificate.public_bytes(Encoding.PEM))
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


def can_enrol(url: str) -> bool:
    """Tell whether devices are taken already."""
    try:
        with answer_of(url + READYZ, timeout_s=5) as answer:
            return bool(json.load(answer)["enrolment"])
    except OSError:  # not up yet
        return False


def fingerprint(processes: Processes, cloud: str, environment: Mapping[str, str], url: str) -> str:
    """Ask the operator's command for the fingerprint of the service's key."""
    invite = [cloud, "invite", "--url", url]
    printed = processes.call("invite", invite, environment=environment, timeout_s=CALL_TIMEOUT_S)
    links = [word for word in printed.split() if word.startswith("fedex://")]
    return Invitation.parse(links[0]).fingerprint


def run(argv: Sequence[str]) -> int:
    """Run the command to its end, which is this program's end at the latest; return its status."""
    process = subprocess.Popen(guarded(argv))
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(f"expected a folder and a command, got {sys.argv[1:]}")
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    try:
        sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
    except DemoError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit(130)
