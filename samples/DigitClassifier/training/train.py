"""Makes the model and the images of the DigitClassifier sample from MNIST.

    python3 train.py --mnist FOLDER                 trains and writes everything
    python3 train.py --mnist FOLDER --images-only   writes only images and labels

FOLDER holds the four MNIST files (train-images-idx3-ubyte and so on).
See ../DATA.md for where they come from. Needs PyTorch, onnx, numpy and Pillow.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

SAMPLE = Path(__file__).resolve().parent.parent
MEAN, SCALE = 33.318421, 0.012728  # of the training pixels, which are 0..255
SEED, EPOCHS, BATCH, MAX_SHIFT = 1, 10, 128, 2


# ---- model ----------------------------------------------------------------------

class Conv(nn.Module):
    """Convolution and batch normalisation, then ReLU; depthwise if groups == inputs."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1, relu=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2,
                              groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.relu = relu

    def forward(self, x):
        x = self.norm(self.conv(x))
        return F.relu(x) if self.relu else x


class Separable(nn.Module):
    """Depthwise 3x3 convolution, then a pointwise one that mixes the channels."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.depthwise = Conv(inputs, inputs, 3, stride, groups=inputs)
        self.pointwise = Conv(inputs, outputs, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class Residual(nn.Module):
    """A separable convolution whose result is added to its input, then ReLU."""

    def __init__(self, channels):
        super().__init__()
        self.depthwise = Conv(channels, channels, 3, groups=channels)
        self.pointwise = Conv(channels, channels, 1, relu=False)

    def forward(self, x):
        return F.relu(x + self.pointwise(self.depthwise(x)))


class DigitClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = Conv(1, 16, 3)                    # 28x28
        self.pool = nn.MaxPool2d(2)                   # 14x14
        self.widen = Separable(16, 32)
        self.refine = Residual(32)
        self.shrink = Separable(32, 64, stride=2)     # 7x7
        self.polish = Residual(64)
        self.average = nn.AdaptiveAvgPool2d(1)        # 1x1
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(64, 10)

    def forward(self, image):
        x = self.pool(self.stem(image))
        x = self.refine(self.widen(x))
        x = self.polish(self.shrink(x))
        return self.classifier(self.flatten(self.average(x)))


# ---- data -----------------------------------------------------------------------

def read_idx(path):
    """An IDX file of bytes: 0, 0, 8, rank; each dimension as big-endian int32; data."""
    content = path.read_bytes()
    assert content[:3] == b"\0\0\x08", f"{path.name} is no IDX file of bytes"
    rank = content[3]
    shape = np.frombuffer(content, ">i4", rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_mnist(folder, part):
    return (read_idx(folder / f"{part}-images-idx3-ubyte"),
            read_idx(folder / f"{part}-labels-idx1-ubyte"))


def write_images(folder, images, labels, per_class):
    """Writes per_class random images of each digit, called <number>_<label>.png."""
    random = np.random.RandomState(SEED)
    picks = [random.choice(np.flatnonzero(labels == digit), per_class, replace=False)
             for digit in range(10)]
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    width = len(str(10 * per_class))
    for number, index in enumerate(np.stack(picks, axis=1).flatten()):
        name = f"{number:0{width}}_{labels[index]}.png"
        Image.fromarray(images[index]).save(folder / name, optimize=True)


# ---- training -------------------------------------------------------------------

def normalise(pixels):
    return (pixels.float().unsqueeze(1) - MEAN) * SCALE


def shift(pixels):
    """Moves each image by up to MAX_SHIFT pixels in each direction."""
    count, height, width = pixels.shape
    padded = F.pad(pixels, [MAX_SHIFT] * 4)
    down, right = torch.randint(2 * MAX_SHIFT + 1, (2, count, 1))
    rows = (down + torch.arange(height))[:, :, None]
    columns = (right + torch.arange(width))[:, None, :]
    return padded[torch.arange(count)[:, None, None], rows, columns]


def train(model, pixels, labels):
    steps = len(pixels) // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, EPOCHS * steps)
    for epoch in range(EPOCHS):
        model.train()
        total = 0.0
        order = torch.randperm(len(pixels))
        for step in range(steps):
            batch = order[step * BATCH:(step + 1) * BATCH]
            loss = F.cross_entropy(model(normalise(shift(pixels[batch]))), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}/{EPOCHS}: loss {total / steps:.4f}", flush=True)
    model.eval()


@torch.no_grad()
def count_correct(model, pixels, labels):
    return sum((model(normalise(p)).argmax(1) == l).sum().item()
               for p, l in zip(pixels.split(1000), labels.split(1000)))


@torch.no_grad()
def count_macs(model):
    macs = []

    def count(module, _, output):
        # Each output element takes one product per weight of its channel.
        macs.append(output.numel() * module.weight[0].numel())

    hooks = [module.register_forward_hook(count) for module in model.modules()
             if isinstance(module, (nn.Conv2d, nn.Linear))]
    model(torch.zeros(1, 1, 28, 28))
    for hook in hooks:
        hook.remove()
    return sum(macs)


def export(model, path):
    # PRESERVE and no folding keep the BatchNormalization nodes in the file.
    torch.onnx.export(model, torch.zeros(1, 1, 28, 28), str(path), opset_version=13,
                      input_names=["image"], output_names=["logits"],
                      training=torch.onnx.TrainingMode.PRESERVE,
                      do_constant_folding=False)
    file = onnx.load(str(path))
    file.graph.name = "DigitClassifier"
    for node in file.graph.node:
        node.ClearField("doc_string")
    onnx.checker.check_model(file, full_check=True)
    onnx.save(file, str(path))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, required=True, metavar="FOLDER",
                        help="folder of the four MNIST files")
    parser.add_argument("--images-only", action="store_true",
                        help="write images and labels, train nothing")
    options = parser.parse_args()

    train_images, train_labels = read_mnist(options.mnist, "train")
    test_images, test_labels = read_mnist(options.mnist, "t10k")
    write_images(SAMPLE / "calibration", train_images, train_labels, per_class=10)
    write_images(SAMPLE / "test", test_images, test_labels, per_class=2)
    (SAMPLE / "labels.txt").write_text("".join(f"{digit}\n" for digit in range(10)))
    if options.images_only:
        return

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    model = DigitClassifier()
    train(model, torch.tensor(train_images), torch.tensor(train_labels).long())
    correct = count_correct(model, torch.tensor(test_images), torch.tensor(test_labels))
    export(model, SAMPLE / "digits.onnx")

    print(f"parameters: {sum(p.numel() for p in model.parameters())}")
    print(f"multiply-accumulates: {count_macs(model)}")
    print(f"test accuracy: {correct / len(test_labels):.2%} ({correct} of {len(test_labels)})")


if __name__ == "__main__":
    main()
