using System;

// What the kernels' tests use of xunit, and no more: its runner and its comparers need run-time code generation, which a native program has not.
namespace Xunit;

/// <summary>Marks a test without arguments.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal class FactAttribute : Attribute;

/// <summary>Marks a test that is run once for each row of its data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TheoryAttribute : FactAttribute;

/// <summary>A row of a theory's data, written out.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class InlineDataAttribute(params object?[] arguments) : Attribute
{
    public object?[] Arguments { get; } = arguments;
}

/// <summary>A static property of the test's class that holds rows of a theory's data.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class MemberDataAttribute(string memberName) : Attribute
{
    public string MemberName { get; } = memberName;
}
