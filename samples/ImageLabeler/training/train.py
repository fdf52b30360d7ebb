"""Makes the model and the pictures of the ImageLabeler sample.

    python3 train.py                  draws, trains, freezes: writes everything
    python3 train.py --pictures-only  writes only pictures and labels

Needs PyTorch, numpy and Pillow; see ../DATA.md.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from graphdef import FLOAT, INT32, STRING, UINT8, Graph, Shape, Type
from shapes import EXTENT, LABELS, draw

SAMPLE = Path(__file__).resolve().parent.parent
MEAN, SCALE = 128.0, 1 / 128
SEED, TRAINING, TESTS, EPOCHS, BATCH = 1, 16000, 2000, 14, 64


# ---- model ----------------------------------------------------------------------

class Conv(nn.Module):
    """Convolution and batch normalisation, then ReLU6; padded as TensorFlow's SAME is."""

    def __init__(self, name, inputs, outputs, kernel, stride=1, groups=1, relu=True):
        super().__init__()
        self.name, self.relu, self.stride, self.groups = name, relu, stride, groups
        self.total = kernel - stride if kernel > 1 else 0
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, x):
        before, after = self.total // 2, self.total - self.total // 2
        x = self.norm(self.conv(F.pad(x, [before, after, before, after])))
        return F.relu6(x) if self.relu else x

    def freeze(self, graph, x):
        name, depthwise = self.name, self.groups > 1
        order = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
        weights = graph.variable(name + "/weights", self.conv.weight.detach().numpy().transpose(order))
        x = graph.add("DepthwiseConv2dNative" if depthwise else "Conv2D", name + "/conv", x, weights,
                      T=Type(FLOAT), strides=[1, self.stride, self.stride, 1], padding="SAME", data_format="NHWC")
        norm = name + "/BatchNorm"
        parts = {"gamma": self.norm.weight, "beta": self.norm.bias,
                 "moving_mean": self.norm.running_mean, "moving_variance": self.norm.running_var}
        x = graph.add("FusedBatchNormV3", norm, x, *[graph.variable(f"{norm}/{part}", value.detach().numpy()) for part, value in parts.items()],
                      T=Type(FLOAT), U=Type(FLOAT), epsilon=self.norm.eps, is_training=False, data_format="NHWC")
        return graph.add("Relu6", name + "/Relu6", x, T=Type(FLOAT)) if self.relu else x


class Separable(nn.Module):
    """Depthwise 3x3 convolution, then a pointwise one that mixes the channels; where both ends fit, added to its input."""

    def __init__(self, name, inputs, outputs, stride=1):
        super().__init__()
        self.name, self.adds = name, inputs == outputs and stride == 1
        self.depthwise = Conv(name + "/depthwise", inputs, inputs, 3, stride, groups=inputs)
        self.pointwise = Conv(name + "/pointwise", inputs, outputs, 1, relu=not self.adds)

    def forward(self, x):
        y = self.pointwise(self.depthwise(x))
        return x + y if self.adds else y

    def freeze(self, graph, x):
        y = self.pointwise.freeze(graph, self.depthwise.freeze(graph, x))
        return graph.add("AddV2", self.name + "/add", x, y, T=Type(FLOAT)) if self.adds else y


class Shapes(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            Conv("stem", 3, 16, 3, stride=2),            # 32x32
            Separable("widen", 16, 32, stride=2),        # 16x16
            Separable("refine", 32, 32),
            Separable("shrink", 32, 64, stride=2),       # 8x8
            Separable("polish", 64, 64),
            Separable("finish", 64, 96, stride=2))       # 4x4
        self.classifier = nn.Linear(96, len(LABELS))

    def forward(self, x):
        return self.classifier(F.dropout(self.features(x).mean([2, 3]), 0.1, self.training))


# ---- freezing -------------------------------------------------------------------

def freeze(model):
    """The graph as a training script leaves it: a file's bytes at one end, probabilities and a loss at the other."""
    graph = Graph()
    contents = graph.add("Placeholder", "contents", dtype=Type(STRING), shape=Shape())
    picture = graph.add("DecodeJpeg", "DecodeJpeg", contents, channels=3)
    picture = graph.add("Cast", "Cast", picture, SrcT=Type(UINT8), DstT=Type(FLOAT))
    picture = graph.add("ExpandDims", "ExpandDims", picture, graph.constant("ExpandDims/dim", np.int32(0)), T=Type(FLOAT), Tdim=Type(INT32))
    size = graph.constant("size", np.array([EXTENT, EXTENT], np.int32))
    picture = graph.add("ResizeBilinear", "ResizeBilinear", picture, size, T=Type(FLOAT), align_corners=False)
    picture = graph.add("Sub", "Sub", picture, graph.constant("mean", np.float32(MEAN)), T=Type(FLOAT))
    x = graph.add("Mul", "normalised", picture, graph.constant("scale", np.float32(SCALE)), T=Type(FLOAT))
    for part in model.features:
        x = part.freeze(graph, x)
    axes = graph.constant("average/axes", np.array([1, 2], np.int32))
    x = graph.add("Mean", "average", x, axes, T=Type(FLOAT), Tidx=Type(INT32), keep_dims=False)
    x = dropout(graph, x)
    weights = graph.variable("logits/weights", model.classifier.weight.detach().numpy().T)
    x = graph.add("MatMul", "logits/MatMul", x, weights, T=Type(FLOAT), transpose_a=False, transpose_b=False)
    logits = graph.add("BiasAdd", "logits", x, graph.variable("logits/biases", model.classifier.bias.detach().numpy()), T=Type(FLOAT))
    graph.add("Softmax", "final_result", logits, T=Type(FLOAT))
    truth = graph.add("Placeholder", "truth", dtype=Type(FLOAT), shape=Shape([-1, len(LABELS)]))
    graph.add("SoftmaxCrossEntropyWithLogits", "cross_entropy", logits, truth, T=Type(FLOAT))
    loss = graph.constant("loss/axes", np.array([0], np.int32))
    graph.add("Mean", "loss", "cross_entropy", loss, T=Type(FLOAT), Tidx=Type(INT32), keep_dims=False)
    return graph.content


def dropout(graph, x):
    """Dropout as TensorFlow 1 writes it; a placeholder with the default 1 keeps everything."""
    keep = graph.add("PlaceholderWithDefault", "keep", graph.constant("keep/default", np.float32(1)), dtype=Type(FLOAT), shape=Shape())
    shape = graph.add("Shape", "dropout/Shape", x, T=Type(FLOAT), out_type=Type(INT32))
    random = graph.add("RandomUniform", "dropout/random", shape, T=Type(INT32), dtype=Type(FLOAT), seed=0, seed2=0)
    mask = graph.add("Floor", "dropout/Floor", graph.add("Add", "dropout/add", keep, random, T=Type(FLOAT)), T=Type(FLOAT))
    return graph.add("Mul", "dropout/mul", graph.add("RealDiv", "dropout/div", x, keep, T=Type(FLOAT)), mask, T=Type(FLOAT))


# ---- data and training ----------------------------------------------------------

def dataset(seed, count):
    random = np.random.RandomState(seed)
    labels = np.arange(count) % len(LABELS)
    pixels = np.stack([np.asarray(draw(random, LABELS[label])) for label in labels])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2), torch.from_numpy(labels)


def normalise(pixels):
    return (pixels.float() - MEAN) * SCALE


def write_pictures(folder, seed, count, extent):
    """Writes so many pictures of each shape, called <number>_<label>.jpg."""
    random = np.random.RandomState(seed)
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.jpg"):
        old.unlink()
    for number in range(count * len(LABELS)):
        label = LABELS[number % len(LABELS)]
        draw(random, label, extent).save(folder / f"{number:02}_{label}.jpg", quality=90)


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
            loss = F.cross_entropy(model(normalise(pixels[batch])), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}/{EPOCHS}: loss {total / steps:.4f}", flush=True)
    model.eval()


def accuracy(model, pixels, labels):
    with torch.no_grad():
        found = torch.cat([model(normalise(part)).argmax(1) for part in pixels.split(200)])
    return (found == labels).float().mean().item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures-only", action="store_true")
    arguments = parser.parse_args()
    write_pictures(SAMPLE / "calibration", 11, 12, EXTENT)
    write_pictures(SAMPLE / "pictures", 12, 1, 3 * EXTENT)
    (SAMPLE / "labels.txt").write_text("\n".join(LABELS) + "\n")
    if arguments.pictures_only:
        return
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    model = Shapes()
    train(model, *dataset(21, TRAINING))
    (SAMPLE / "shapes.pb").write_bytes(freeze(model))
    print(f"parameters: {sum(parameter.numel() for parameter in model.parameters())}")
    print(f"test accuracy: {accuracy(model, *dataset(22, TESTS)):.2%} of {TESTS}")


if __name__ == "__main__":
    main()
