using System;
using System.Collections.Generic;
using System.IO;
using ModelCompiler.Compiler;

namespace ModelCompiler.Conformance;

/// <summary>What the user asks of the tool.</summary>
/// <param name="Suite"><c>onnx</c> or <c>golden</c>.</param>
/// <param name="Folder">Where the tests are.</param>
internal sealed record CommandLine(string Suite, string Folder)
{
    /// <summary>What can be asked.</summary>
    public const string Usage = """
        Conformance onnx FOLDER [options]     every folder in FOLDER with model.onnx and test_data_set_*; light_X.onnx with light_X_output_0.pb
        Conformance golden FOLDER [options]   every model in FOLDER with X.golden/manifest.json beside it

          --filter TEXT          only tests whose name contains TEXT
          --precision P          float32 (default) or int8: calibrated on the test's own inputs and compared loosely
          --rounding R           float or tflite, for int8 layers. Of golden outputs, 99.9 % of the quantised elements must then be equal with tflite
          --fix-inputs      where an input decides a shape that nothing settles, fix it with InputValue, as a user would
          --list-failures        name every failure and its reason
          --list-skipped         name every skipped test and its reason
          --verbose              name every test when it is compiled and when it is run
          --update-passing       write the names of all that passed to passing.txt (with --fix-inputs)
          --check-passing        fail when one of those in passing.txt does not pass (with --fix-inputs)
        """;

    /// <summary>Part of a test's name, or <see langword="null"/> for all.</summary>
    public string? Filter { get; private init; }

    /// <summary>How models are compiled.</summary>
    public Precision Precision { get; private init; } = Precision.Float32;

    /// <summary>How int8 layers round; <see langword="null"/>: as the compiler would without being told.</summary>
    public Rounding? Rounding { get; private init; }

    /// <summary>Whether inputs that decide shapes are fixed with <c>InputValue</c>.</summary>
    public bool FixInputs { get; private init; }

    /// <summary>Whether failures are named.</summary>
    public bool ListFailures { get; private init; }

    /// <summary>Whether skipped tests are named.</summary>
    public bool ListSkipped { get; private init; }

    /// <summary>Whether tests are named as they are run.</summary>
    public bool Verbose { get; private init; }

    /// <summary>Whether the list of passing tests is written.</summary>
    public bool UpdatePassing { get; private init; }

    /// <summary>Whether the list of passing tests must hold.</summary>
    public bool CheckPassing { get; private init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="UsageException">It makes no sense.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Count < 2 || arguments[0] is not ("onnx" or "golden"))
        {
            throw new UsageException(Usage);
        }

        if (!Directory.Exists(arguments[1]))
        {
            throw new UsageException($"There is no folder {arguments[1]}.");
        }

        var options = new CommandLine(arguments[0], Path.GetFullPath(arguments[1]));
        for (int index = 2; index < arguments.Count; index++)
        {
            options = arguments[index] switch
            {
                "--filter" => options with { Filter = Value(arguments, ref index) },
                "--precision" => options with { Precision = PrecisionOf(Value(arguments, ref index)) },
                "--rounding" => options with { Rounding = RoundingOf(Value(arguments, ref index)) },
                "--fix-inputs" => options with { FixInputs = true },
                "--list-failures" => options with { ListFailures = true },
                "--list-skipped" => options with { ListSkipped = true },
                "--verbose" => options with { Verbose = true },
                "--check-passing" => options with { CheckPassing = true, FixInputs = true },
                "--update-passing" => options with { UpdatePassing = true, FixInputs = true },
                string other => throw new UsageException($"'{other}' is not an option.{Environment.NewLine}{Usage}"),
            };
        }

        return (options.UpdatePassing || options.CheckPassing) && (options.Filter is not null || options.Precision != Precision.Float32)
            ? throw new UsageException("The list of passing tests is for whole folders in float32.")
            : options;
    }

    private static string Value(IReadOnlyList<string> arguments, ref int index) =>
        ++index < arguments.Count ? arguments[index] : throw new UsageException($"{arguments[index - 1]} needs a value.");

    private static Rounding RoundingOf(string text) =>
        text.ToLowerInvariant() switch
        {
            "float" => Compiler.Rounding.Float,
            "tflite" => Compiler.Rounding.TfLite,
            _ => throw new UsageException($"'{text}' is not a rounding; use float or tflite."),
        };

    private static Precision PrecisionOf(string text) =>
        text.ToLowerInvariant() switch
        {
            "float32" => Precision.Float32,
            "int8" => Precision.Int8,
            _ => throw new UsageException($"'{text}' is not a precision; use float32 or int8."),
        };
}

/// <summary>The command line makes no sense; the message says why.</summary>
/// <param name="message">Why.</param>
internal sealed class UsageException(string message) : Exception(message);
