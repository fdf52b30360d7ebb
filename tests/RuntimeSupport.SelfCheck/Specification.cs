using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Runtime.ExceptionServices;
using Xunit;

namespace ModelCompiler.RuntimeSupport.SelfCheck;

/// <summary>One run of a test: a fact, or a theory with a row of its data.</summary>
/// <param name="Class">The class of the test.</param>
/// <param name="Method">The test.</param>
/// <param name="Arguments">What it is called with.</param>
internal sealed record Specification(Type Class, MethodInfo Method, object?[] Arguments)
{
    /// <summary>The kernel, the path or whatever else is varied, and what is said of them, such as <c>Conv2DUInt8 ArmDp: Every path gives …</c>.</summary>
    public string Title
    {
        get
        {
            string subject = Class.Name.EndsWith("Tests", StringComparison.Ordinal) ? Class.Name[..^"Tests".Length] : Class.Name;
            string arguments = string.Join(", ", Arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture)));
            return $"{subject}{(arguments.Length > 0 ? " " : string.Empty)}{arguments}: {Method.Name.Replace('_', ' ')}";
        }
    }

    /// <summary>All of this program, in an order that is always the same.</summary>
    public static IEnumerable<Specification> All() =>
        from type in typeof(Specification).Assembly.GetTypes().OrderBy(type => type.Name, StringComparer.Ordinal)
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).OrderBy(method => method.Name, StringComparer.Ordinal)
        where method.IsDefined(typeof(FactAttribute))
        from arguments in Rows(type, method)
        select new Specification(type, method, arguments);

    /// <summary>Runs it.</summary>
    /// <exception cref="Exception">What the test threw: it does not hold.</exception>
    public void Run()
    {
        try
        {
            Method.Invoke(Activator.CreateInstance(Class), [.. Arguments.Zip(Method.GetParameters(), Converted)]);
        }
        catch (TargetInvocationException exception) when (exception.InnerException is Exception cause)
        {
            ExceptionDispatchInfo.Throw(cause);
        }
    }

    // A row of data may hold an int where the parameter is a byte.
    private static object? Converted(object? argument, ParameterInfo parameter) =>
        argument is null || parameter.ParameterType.IsInstanceOfType(argument)
            ? argument
            : Convert.ChangeType(argument, parameter.ParameterType, CultureInfo.InvariantCulture);

    private static IEnumerable<object?[]> Rows(Type type, MethodInfo method)
    {
        if (method.GetParameters().Length == 0)
        {
            return [[]];
        }

        IEnumerable<object?[]> written = method.GetCustomAttributes<InlineDataAttribute>().Select(row => row.Arguments);
        return written.Concat(method.GetCustomAttributes<MemberDataAttribute>().SelectMany(member => Values(type, member.MemberName)));
    }

    private static IEnumerable<object?[]> Values(Type type, string memberName)
    {
        PropertyInfo property = type.GetProperty(memberName, BindingFlags.Public | BindingFlags.Static)
            ?? throw new InvalidOperationException($"{type.Name} has no property {memberName}.");
        return ((IEnumerable)property.GetValue(null)!).Cast<object?[]>();
    }
}
