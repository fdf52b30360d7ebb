using System.Collections.Generic;
using System.Linq;

namespace Xunit;

/// <summary>The arguments of a theory with one parameter, row by row.</summary>
public sealed class TheoryData<T> : List<object?[]>
{
    public TheoryData()
    {
    }

    public TheoryData(IEnumerable<T> values)
        : base(values.Select(value => new object?[] { value }))
    {
    }

    public void Add(T value) => Add([value]);
}
