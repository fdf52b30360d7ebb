#!/usr/bin/python3
"""Exports torchvision's networks to artifacts/models as ONNX, for the benchmarks.

The weights are random (a fixed seed); the statistics of batch norms are those of a few batches of noise, so that activations have
the ranges of trained networks: enough to measure time. Needs Debian's python3-torch and python3-torchvision.

    /usr/bin/python3 benchmarks/export_torchvision.py [NETWORK ...]
"""

import pathlib
import sys

import torch
import torchvision

NETWORKS = ("mobilenet_v2", "mobilenet_v3_small", "squeezenet1_1", "resnet18", "resnet50", "efficientnet_b0")
OPERATOR_SET = 15
SEED = 20
BATCHES = 3
BATCH = 4


def settle_batch_norms(network):
    """Replaces the initial statistics by the mean of those of some batches."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    network.train()
    with torch.no_grad():
        for _ in range(BATCHES):
            network(torch.randn(BATCH, 3, 224, 224))


def export(name, folder):
    torch.manual_seed(SEED)
    network = getattr(torchvision.models, name)(weights=None)
    settle_batch_norms(network)
    network.eval()
    path = folder / f"{name}.onnx"
    partial = path.with_suffix(".partial")
    torch.onnx.export(network, torch.randn(1, 3, 224, 224), str(partial), opset_version=OPERATOR_SET, input_names=["image"], output_names=["scores"])
    partial.replace(path)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def main():
    names = sys.argv[1:] or NETWORKS
    unknown = [name for name in names if name not in NETWORKS]
    if unknown:
        sys.exit(f"{', '.join(unknown)}: there are {', '.join(NETWORKS)}")
    folder = pathlib.Path(__file__).resolve().parent.parent / "artifacts" / "models"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        export(name, folder)


main()
