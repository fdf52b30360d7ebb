using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelCompiler.MSBuildTasks;

/// <summary>
/// Decides for every <c>ModelFile</c> item what the compiler is to be told, where its files go and what they depend on. The compiler's arguments go to a
/// response file, written only when they differ: that file is both the command and the stamp that makes a changed setting start the compiler again.
/// </summary>
public sealed class ResolveModelFiles : Task
{
    private static readonly string[] ModelMetadata =
    [
        "Access", "ActivationEqualization", "BiasCorrection", "BranchScales", "Calibration", "CalibrationCache", "Calibrator", "ChannelSplitting", "ClassName", "CrossLayerEqualization", "Evaluation", "InputShape", "InputValue", "Inputs", "Int16Sums", "Labels",
        "LayerReconstruction", "LearnedRounding", "LiteralLimit", "MaximumArenaBytes", "MaximumError", "MaximumMacs", "MaximumWeightBytes", "Mean", "MinimumAgreement", "Namespace", "Outputs", "Precision", "ReverseChannels", "Rounding", "Scale", "Scores", "State", "Threads", "Winograd",
    ];

    // What MSBuild, NuGet and editors put on any item.
    private static readonly HashSet<string> KnownMetadata = new(
        [.. ModelMetadata, "CopyToOutputDirectory", "CopyToPublishDirectory", "DependentUpon", "Link", "LinkBase", "Pack", "PackagePath", "SubType", "Visible"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>The <c>ModelFile</c> items.</summary>
    [Required]
    public ITaskItem[] Models { get; set; } = [];

    /// <summary>The calibration files, globs expanded, each with the metadata <c>ModelFile</c>: the identity of its model.</summary>
    public ITaskItem[] CalibrationFiles { get; set; } = [];

    /// <summary>The evaluation files, likewise.</summary>
    public ITaskItem[] EvaluationFiles { get; set; } = [];

    /// <summary>Folder of the project; what relative paths start from.</summary>
    [Required]
    public string ProjectDirectory { get; set; } = "";

    /// <summary>Folder for all that is made, relative to the project or absolute. Each model gets a folder of its class name in it.</summary>
    [Required]
    public string OutputRoot { get; set; } = "";

    /// <summary>Path of <c>modelc.dll</c>; part of the stamp, for another version may have older files.</summary>
    [Required]
    public string ToolPath { get; set; } = "";

    /// <summary>Namespace of classes whose item names none; may be empty.</summary>
    public string RootNamespace { get; set; } = "";

    /// <summary>Whether an editor asks: it gets the plan of the last build, or else one that needs no calibration.</summary>
    public bool DesignTime { get; set; }

    /// <summary>
    /// One item a model; metadata: <c>ClassName</c>, <c>PlanFile</c>, <c>BuiltPlanFile</c> (of a build, also in design time), <c>LiteralWeightsFile</c>,
    /// <c>ResourceWeightsFile</c>, <c>WeightResource</c> (logical name), <c>ResponseFile</c>, <c>DependencyFiles</c>, <c>CompileInputs</c> and
    /// <c>CompileOutputs</c>.
    /// </summary>
    [Output]
    public ITaskItem[] ResolvedModels { get; private set; } = [];

    /// <inheritdoc/>
    public override bool Execute()
    {
        ILookup<string, string> calibration = ByModel(CalibrationFiles), evaluation = ByModel(EvaluationFiles);
        List<ModelSettings> models = [.. Models.Select(item => ModelSettings.Read(item, calibration[item.ItemSpec], evaluation[item.ItemSpec], ProjectDirectory, RootNamespace))];
        models.ForEach(CheckClassName);
        foreach (ITaskItem item in Models)
        {
            CheckMetadataNames(item);
        }

        foreach (IGrouping<string, ModelSettings> group in models.GroupBy(model => model.ClassName, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            ModelSettings second = group.ElementAt(1);
            LogError("MC4001", second.ModelPath, $"the class name '{second.ClassName}' is taken by '{group.First().ModelPath}'; set ClassName on one of the ModelFile items, or use Update to add to an item that a glob has included");
        }

        if (Log.HasLoggedErrors)
        {
            return false;
        }

        ResolvedModels = [.. models.Select(Resolve)];
        return !Log.HasLoggedErrors;
    }

    private static ILookup<string, string> ByModel(ITaskItem[] files) => files.ToLookup(file => file.GetMetadata("ModelFile"), file => file.GetMetadata("FullPath"));

    private void CheckClassName(ModelSettings model)
    {
        // The name becomes a folder's before the compiler sees it; the rest of the metadata is the compiler's to check.
        if (!ModelNames.IsIdentifier(model.ClassName))
        {
            LogError("MC2001", model.ModelPath, $"ClassName=\"{model.ClassName}\" is not valid: use a C# identifier");
        }
    }

    private TaskItem Resolve(ModelSettings model)
    {
        // Relative where the project's own folders are: that is how MSBuild lists and cleans intermediate files.
        string builtFolder = Path.Combine(OutputRoot, model.ClassName);
        string builtPlan = Path.Combine(builtFolder, model.ClassName + ".modelplan");
        bool replacement = DesignTime && !File.Exists(Absolute(builtPlan));
        string folder = replacement ? Path.Combine(builtFolder, "design-time") : builtFolder;
        string file = Path.Combine(folder, model.ClassName);
        string responseFile = file + ".rsp";
        if (replacement || !DesignTime)
        {
            WriteIfDifferent(Absolute(responseFile), model.ResponseFile(ToolPath, Absolute(folder), DesignTime));
        }

        // One of the two weight files exists, and which is the compiler's choice. When neither does, waiting for one makes the compiler start.
        string weights = file + (File.Exists(Absolute(file + ".modelweights")) ? ".modelweights" : ".weights.bin");
        string dependencies = MetadataList(model.DependencyFiles(DesignTime).Concat(FoundInputs(Absolute(file + ".inputs"))));
        var item = new TaskItem(EscapedText.Escape(model.ModelPath));
        item.SetMetadata("ClassName", model.ClassName);
        item.SetMetadata("PlanFile", EscapedText.Escape(file + ".modelplan"));
        item.SetMetadata("BuiltPlanFile", EscapedText.Escape(builtPlan));
        item.SetMetadata("LiteralWeightsFile", EscapedText.Escape(file + ".modelweights"));
        item.SetMetadata("ResourceWeightsFile", EscapedText.Escape(file + ".weights.bin"));
        item.SetMetadata("WeightResource", EscapedText.Escape(model.WeightResource));
        item.SetMetadata("ResponseFile", EscapedText.Escape(responseFile));
        item.SetMetadata("DependencyFiles", dependencies);
        item.SetMetadata("CompileInputs", dependencies + ";" + EscapedText.Escape(responseFile));
        item.SetMetadata("CompileOutputs", MetadataList([file + ".modelplan", weights]));
        return item;
    }

    // What the last compilation found named by the model or a list. Without a last one there is nothing to be older.
    private static string[] FoundInputs(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [path];
        }
    }

    private string Absolute(string path) => Path.GetFullPath(Path.Combine(ProjectDirectory, path));

    private static string MetadataList(IEnumerable<string> paths) => string.Join(";", paths.Select(EscapedText.Escape));

    private void WriteIfDifferent(string path, string text)
    {
        try
        {
            if (!File.Exists(path) || File.ReadAllText(path) != text)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, text);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogError("MC4004", path, exception.Message);
        }
    }

    // A misspelt name would otherwise be a model in float32, or without its labels, and nobody told.
    private void CheckMetadataNames(ITaskItem item)
    {
        foreach (string name in item.CloneCustomMetadata().Keys.Cast<string>().Where(name => !KnownMetadata.Contains(name)).OrderBy(name => name, StringComparer.Ordinal))
        {
            Log.LogWarning(
                subcategory: null,
                "MC4006",
                helpKeyword: null,
                item.GetMetadata("FullPath"),
                0,
                0,
                0,
                0,
                $"ModelFile has no metadata '{name}', it is ignored; the names are {string.Join(", ", ModelMetadata)}");
        }
    }

    private void LogError(string code, string file, string message) =>
        Log.LogError(subcategory: null, code, helpKeyword: null, file, 0, 0, 0, 0, message);
}
