using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import;

/// <summary>Shapes that importers make of shapes.</summary>
internal static class ShapeExtensions
{
    /// <summary>The shape in which a vector of one number a channel broadcasts to this N×C×… shape.</summary>
    public static Shape PerChannel(this Shape shape, int channels) =>
        Shape.From(Enumerable.Range(0, int.Max(1, shape.Rank - 1)).Select(axis => axis == 0 ? channels : 1));

    /// <summary>The shape with one extent put in.</summary>
    public static Shape Insert(this Shape shape, int axis, int extent) => Shape.From(shape.Extents.Insert(axis, extent));

    /// <summary>Number of elements of some axes, which fits 32 bits as a tensor's elements do.</summary>
    public static int Count(this Shape shape, System.Range axes) => checked((int)Shape.From(shape.Extents[axes]).ElementCount);
}
