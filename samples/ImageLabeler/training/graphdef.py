"""Writes TensorFlow's GraphDef, the file format of frozen graphs, without TensorFlow: the few protobuf messages that it takes."""

import struct

import numpy as np

FLOAT, UINT8, INT32, STRING = 1, 4, 3, 7    # DataType
TYPES = {np.dtype(np.float32): FLOAT, np.dtype(np.int32): INT32}


class Type(int):
    """An attribute that is an element type, where an int is a number."""


class Shape(tuple):
    """An attribute that is a shape; -1 where an extent is open."""


class Graph:
    """Nodes in the order in which they are added."""

    def __init__(self):
        self.content = b""

    def add(self, operator, name, *inputs, **attributes):
        """Adds a node; returns its name, which is how others refer to its first output."""
        node = text(1, name) + text(2, operator)
        for reference in inputs:
            node += text(3, reference)
        for key in sorted(attributes):
            node += message(5, text(1, key) + message(2, attribute(attributes[key])))
        self.content += message(1, node)
        return name

    def constant(self, name, value):
        value = np.asarray(value)
        return self.add("Const", name, dtype=Type(TYPES[value.dtype]), value=value)

    def variable(self, name, value):
        """What freezing makes of a variable: a constant, and the Identity by which it was read."""
        self.constant(name, np.asarray(value, np.float32))
        return self.add("Identity", name + "/read", name, T=Type(FLOAT))


def attribute(value):
    if isinstance(value, Type):
        return number(6, value)
    if isinstance(value, bool):
        return number(5, int(value))
    if isinstance(value, int):
        return number(3, value)
    if isinstance(value, float):
        return varint(4 << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, str):
        return text(2, value)
    if isinstance(value, Shape):
        return message(7, shape(value))
    if isinstance(value, list):
        return message(1, message(3, b"".join(varint(item) for item in value)))
    return message(8, number(1, TYPES[value.dtype]) + message(2, shape(value.shape)) + message(4, value.tobytes()))


def shape(extents):
    return b"".join(message(2, number(1, extent)) for extent in extents)


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    return message(field, value.encode())


def message(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def varint(value):
    value &= (1 << 64) - 1
    encoded = b""
    while value > 127:
        encoded += bytes([value & 127 | 128])
        value >>= 7
    return encoded + bytes([value])
