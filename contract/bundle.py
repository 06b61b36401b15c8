"""Bundles: the one place to import the two directories from that `export` writes. No file in them names another.

    device bundle                                      training bundle
    bundle.json      what is below, hashes, logits     bundle.json    what is below, hashes
    detector.tflite  photo -> faces; of faces alone    head.keras     the head's graph and weights
    prefix.tflite    input -> feature                  labels.json    JSON array of strings, class by class
    head.tflite      feature -> logits                 golden.tensors "feature": F32 (*shape)
    labels.json      JSON array of strings             base.tensors   the base samples, with their split
    golden.tensors   "feature": F32 (*shape)
    golden-input.png, or .npy of tensors, and golden-feature.tensors, "feature": what the prefix makes of it

golden.tensors is the golden sample, which heads are tried on: of both bundles, and of all bundles of a space. Input and
feature are of the self-test, a bundle's own; where a bundle begins a space, its golden feature is the golden sample.
bundle.json is removed first and written last: a directory without it is no bundle.
"""

from contract.bundle_files import BundleFacts as BundleFacts
from contract.device_bundle import DeviceBundle as DeviceBundle
from contract.device_bundle import DeviceBundleParts as DeviceBundleParts
from contract.device_bundle import read_device_bundle as read_device_bundle
from contract.device_bundle import write_device_bundle as write_device_bundle
from contract.training_bundle import BaseSamples as BaseSamples
from contract.training_bundle import TrainingBundle as TrainingBundle
from contract.training_bundle import TrainingBundleParts as TrainingBundleParts
from contract.training_bundle import parse_training_bundle as parse_training_bundle
from contract.training_bundle import read_training_bundle as read_training_bundle
from contract.training_bundle import write_training_bundle as write_training_bundle
