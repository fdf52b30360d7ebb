using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Build.Framework;

namespace ModelCompiler.MSBuildTasks;

/// <summary>What a <c>ModelFile</c> item says, defaults filled in. Values are handed on as written: the compiler is the one to judge them.</summary>
internal sealed class ModelSettings
{
    /// <summary>Metadata that the compiler takes as options; calibration and precision apart, because editors do without them.</summary>
    private static readonly (string Metadata, string Option)[] PlainOptions =
    [
        ("Access", "--access"),
        ("Mean", "--mean"),
        ("Scale", "--scale"),
        ("ReverseChannels", "--reverse-channels-value"),
        ("InputShape", "--input-shape"),
        ("InputValue", "--input-value"),
        ("Inputs", "--inputs"),
        ("Outputs", "--outputs"),
        ("Rounding", "--rounding"),
        ("Scores", "--scores"),
        ("State", "--state"),
        ("Winograd", "--winograd"),
        ("LiteralLimit", "--literal-limit"),
        ("Threads", "--threads"),
        ("MaximumArenaBytes", "--maximum-arena-bytes"),
        ("MaximumWeightBytes", "--maximum-weight-bytes"),
        ("MaximumMacs", "--maximum-macs"),
    ];

    /// <summary>Metadata that tells the compiler how to quantise.</summary>
    private static readonly (string Metadata, string Option)[] QuantizationOptions =
    [
        ("Precision", "--precision"),
        ("Calibrator", "--calibrator"),
        ("CrossLayerEqualization", "--cross-layer-equalization"),
        ("ActivationEqualization", "--activation-equalization"),
        ("BranchScales", "--branch-scales"),
        ("ChannelSplitting", "--channel-splitting"),
        ("Int16Sums", "--int16-sums"),
        ("LayerReconstruction", "--layer-reconstruction"),
        ("LearnedRounding", "--learned-rounding"),
        ("BiasCorrection", "--bias-correction"),
        ("MinimumAgreement", "--minimum-agreement"),
        ("MaximumError", "--maximum-error"),
    ];

    private readonly ITaskItem item;
    private string projectDirectory = "";

    private ModelSettings(ITaskItem item) => this.item = item;

    /// <summary>Absolute path of the model file.</summary>
    public string ModelPath { get; private set; } = "";

    /// <summary>Name of the class.</summary>
    public string ClassName { get; private set; } = "";

    /// <summary>Its namespace; empty for the global one.</summary>
    public string Namespace { get; private set; } = "";

    /// <summary>Absolute path of the label file, or empty.</summary>
    public string LabelsPath { get; private set; } = "";

    /// <summary>Absolute path of the calibration cache, or empty.</summary>
    public string CalibrationCache { get; private set; } = "";

    /// <summary>Absolute paths of the calibration files, in ordinal order.</summary>
    public IReadOnlyList<string> Calibration { get; private set; } = [];

    /// <summary>Absolute paths of the evaluation files, in ordinal order.</summary>
    public IReadOnlyList<string> Evaluation { get; private set; } = [];

    /// <summary>Logical name of the embedded resource, if the weights become one.</summary>
    public string WeightResource => (Namespace.Length == 0 ? "" : Namespace + ".") + ClassName + ".weights";

    /// <summary>Reads an item.</summary>
    /// <param name="item">The <c>ModelFile</c> item.</param>
    /// <param name="calibration">Absolute paths of its calibration files, in any order.</param>
    /// <param name="evaluation">Absolute paths of its evaluation files, in any order.</param>
    /// <param name="projectDirectory">What relative paths start from.</param>
    /// <param name="rootNamespace">Namespace of an item that names none.</param>
    public static ModelSettings Read(ITaskItem item, IEnumerable<string> calibration, IEnumerable<string> evaluation, string projectDirectory, string rootNamespace)
    {
        string className = Metadata(item, "ClassName");
        string modelNamespace = Metadata(item, "Namespace");
        return new ModelSettings(item)
        {
            ModelPath = ModelNames.ModelPath(item.GetMetadata("FullPath")),
            ClassName = className.Length == 0 ? ModelNames.ClassName(item.ItemSpec) : className,
            Namespace = modelNamespace.Length == 0 ? ModelNames.SafeNamespace(rootNamespace) : modelNamespace,
            LabelsPath = FullPath(projectDirectory, Metadata(item, "Labels")),
            CalibrationCache = FullPath(projectDirectory, Metadata(item, "CalibrationCache")),
            Calibration = [.. calibration.Distinct(StringComparer.Ordinal).OrderBy(path => path, StringComparer.Ordinal)],
            Evaluation = [.. evaluation.Distinct(StringComparer.Ordinal).OrderBy(path => path, StringComparer.Ordinal)],
            projectDirectory = projectDirectory,
        };
    }

    /// <summary>Files whose change asks for the model to be compiled again.</summary>
    /// <param name="designTime">Whether an editor asks, which needs no examples.</param>
    public IEnumerable<string> DependencyFiles(bool designTime) =>
        [.. ModelFiles(), .. LabelsPath.Length == 0 ? [] : new[] { LabelsPath }, .. designTime ? [] : Calibration.Concat(Evaluation), .. designTime || !NeedsCache ? [] : new[] { CalibrationCache }];

    // The compiler writes it before the plan, so that it is older. One that is missing is to be made, if the precision is one that calibrates.
    private bool NeedsCache => CalibrationCache.Length > 0
        && (File.Exists(CalibrationCache) || Calibrates(Metadata(item, "Precision")));

    private static bool Calibrates(string precision) =>
        precision.StartsWith("Int8", StringComparison.OrdinalIgnoreCase) || precision.Equals("Auto", StringComparison.OrdinalIgnoreCase);

    // Patterns that match nothing are handed on, so that the compiler says so: a model that nobody measures would look like one that was.
    private IReadOnlyList<string> UnmatchedEvaluation() =>
        [.. Metadata(item, "Evaluation").Split([';'], StringSplitOptions.RemoveEmptyEntries).Select(pattern => pattern.Trim()).Where(pattern => pattern.Length > 0)
            .Select(pattern => Path.Combine(projectDirectory, pattern))];

    // A folder is as old as the last file added to it; what counts is what is in the files.
    private IEnumerable<string> ModelFiles() => Directory.Exists(ModelPath)
        ? Directory.EnumerateFiles(ModelPath, "*", SearchOption.AllDirectories).OrderBy(path => path, StringComparer.Ordinal)
        : [ModelPath];

    /// <summary>The response file: one argument a line, <c>#</c> starts a comment.</summary>
    /// <param name="toolPath">Path of the compiler; only noted, so that another compiler makes another file.</param>
    /// <param name="outputDirectory">Folder for what the compiler writes.</param>
    /// <param name="designTime">Whether an editor asks: float, without calibration.</param>
    public string ResponseFile(string toolPath, string outputDirectory, bool designTime)
    {
        var lines = new List<string>
        {
            "# Arguments of " + toolPath,
            ModelPath,
            "--output=" + outputDirectory,
            "--class=" + ClassName,
        };

        // Noted only, as the compiler's own path is: a file that is added or gone is a change.
        lines.AddRange(Directory.Exists(ModelPath) ? ModelFiles().Select(path => "# With " + path) : []);
        lines.AddRange(Namespace.Length == 0 ? [] : new[] { "--namespace=" + Namespace });
        lines.AddRange(Options(PlainOptions));
        if (LabelsPath.Length > 0)
        {
            lines.Add("--labels=" + LabelsPath);
        }

        if (designTime)
        {
            lines.Add("--design-time");
        }
        else
        {
            lines.AddRange(Options(QuantizationOptions));
            lines.AddRange(CalibrationCache.Length == 0 ? [] : new[] { "--calibration-cache=" + CalibrationCache });
            lines.AddRange(Calibration.Select(path => "--calibration=" + path));

            lines.AddRange((Evaluation.Count > 0 ? Evaluation : UnmatchedEvaluation()).Select(path => "--evaluation=" + path));
        }

        return string.Join("\n", lines) + "\n";
    }

    private IEnumerable<string> Options((string Metadata, string Option)[] options) => options
        .Select(option => (option.Option, Value: Metadata(item, option.Metadata)))
        .Where(option => option.Value.Length > 0)
        .Select(option => option.Option + "=" + option.Value);

    private static string FullPath(string projectDirectory, string path) =>
        path.Length == 0 ? "" : Path.GetFullPath(Path.Combine(projectDirectory, path.Replace('\\', Path.DirectorySeparatorChar)));

    /// <summary>A value on one line: written as an element, metadata may span several.</summary>
    private static string Metadata(ITaskItem item, string name) =>
        string.Join(" ", item.GetMetadata(name).Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim())).Trim();
}
