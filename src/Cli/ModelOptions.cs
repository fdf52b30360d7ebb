using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.MSBuildTasks;
using ModelCompiler.Plans;

namespace ModelCompiler.Cli;

/// <summary>
/// The model and what a user says of it: the same for every command, and the same as the metadata of a <c>ModelFile</c> item. Values are read here rather
/// than by the parser, so that what is wrong is said at the model file and in the words of the project file.
/// </summary>
internal sealed class ModelOptions
{
    private readonly Argument<string> model = new("MODEL") { Description = "The model: an .onnx, .tflite or TensorFlow .pb file, or the folder of a SavedModel." };
    private readonly Option<string?> className = new("--class") { Description = "Name of the class. Default: the file name in PascalCase.", HelpName = "NAME" };
    private readonly Option<string?> classNamespace = new("--namespace") { Description = "Namespace of the class.", HelpName = "NAME" };
    private readonly Option<bool> isPublic = new("--public") { Description = "Makes the class public." };
    private readonly Option<string?> access = new("--access") { Description = "Internal (default) or Public.", HelpName = "ACCESS", Hidden = true };
    private readonly Option<string?> precision = new("--precision") { Description = "Float32 (default), Int8, Int8Only, DynamicInt8, WeightInt8, Float16Weights, Rounded256 or Auto (int8, with layers in float32 where the bar asks for it).", HelpName = "PRECISION" };
    private readonly Option<string?> rounding = new("--rounding") { Description = "Float or TfLite: how int8 layers round. Default: TfLite for .tflite files.", HelpName = "ROUNDING" };
    private readonly Option<string?> winograd = new("--winograd") { Description = "true (default) or false: convolutions of 3×3 may trade memory for speed; results in int8 are the same, in float32 they are rounded otherwise.", HelpName = "SWITCH" };
    private readonly Option<string[]> calibration = new("--calibration")
    {
        Description = "Example inputs that int8 chooses its ranges from, and others are compared with: images, .npy, .bin; wildcards allowed. May be repeated.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> evaluation = new("--evaluation")
    {
        Description = "Examples in folders named as their class, or .csv lists of files and classes, to measure the accuracy on; wildcards allowed. May be repeated.",
        HelpName = "FILE",
    };

    private readonly Option<string?> calibrator = new("--calibrator")
    {
        Description = $"How int8 chooses ranges: {string.Join(", ", Calibrator.Names)} (tries all). Default: MinMax.",
        HelpName = "RULE",
    };

    private readonly Option<string?> calibrationCache = new("--calibration-cache")
    {
        Description = "File that keeps what calibration decided: used while model and examples are the same, and where there are no examples; else written.",
        HelpName = "FILE",
    };

    private readonly Option<string?> activationEqualization = new("--activation-equalization") { Description = "true (default) or false: channels of an activation may be scaled apart, where int8 gains.", HelpName = "SWITCH" };
    private readonly Option<string?> equalization = new("--cross-layer-equalization") { Description = "true (default) or false: channels may be scaled between layers, where int8 gains.", HelpName = "SWITCH" };
    private readonly Option<string?> branchScales = new("--branch-scales") { Description = "true (default) or false: concatenations of unlike ranges may keep a scale for each part.", HelpName = "SWITCH" };
    private readonly Option<string?> channelSplitting = new("--channel-splitting") { Description = "true or false (default): channels that suffer most from rounding are computed several times.", HelpName = "SWITCH" };
    private readonly Option<string?> int16Sums = new("--int16-sums") { Description = "true (default) or false: weights may be a little coarser where processors without dot-product instructions are much faster then.", HelpName = "SWITCH" };
    private readonly Option<string?> layerReconstruction = new("--layer-reconstruction") { Description = "true or false (default): layers are fitted to what the quantised layers before them give.", HelpName = "SWITCH" };
    private readonly Option<string?> learnedRounding = new("--learned-rounding") { Description = "true or false (default): weights are rounded as suits the examples.", HelpName = "SWITCH" };
    private readonly Option<string?> biasCorrection = new("--bias-correction") { Description = "true (default) or false: biases make good for mean errors of rounding.", HelpName = "SWITCH" };
    private readonly Option<string?> minimumAgreement = new("--minimum-agreement") { Description = "Least share of calibration files with the top class of float32: 0.99, or 99 %. Less is an error; with Auto, layers stay in float32 until it is reached.", HelpName = "SHARE" };
    private readonly Option<string?> maximumError = new("--maximum-error") { Description = "Most that outputs may differ from float32 on the calibration files (root mean square): 0.05, or 5 %. The same.", HelpName = "SHARE" };
    private readonly Option<string?> labels = new("--labels") { Description = "File with one label a line, in the order of the classes.", HelpName = "FILE" };
    private readonly Option<string?> mean = new("--mean") { Description = "Subtracted from each pixel (0..255): one number, or one a channel.", HelpName = "NUMBERS" };
    private readonly Option<string?> scale = new("--scale") { Description = "Multiplied with each pixel afterwards: one number, or one a channel.", HelpName = "NUMBERS" };
    private readonly Option<bool> reverseChannels = new("--reverse-channels") { Description = "The model wants blue, green, red." };

    // A switch that took a value would take the argument behind it.
    private readonly Option<string?> reverseChannelsValue = new("--reverse-channels-value") { Description = "true or false.", Hidden = true };
    private readonly Option<string?> inputShape = new("--input-shape") { Description = "Shapes the model leaves open: name:1,3,224,224;other:1,10.", HelpName = "SHAPES" };
    private readonly Option<string?> inputValue = new("--input-value") { Description = "Numbers of inputs that are always the same: axes:1,2;scale:0.5.", HelpName = "NUMBERS" };
    private readonly Option<string?> inputs = new("--inputs") { Description = "Where a TensorFlow model begins: nodes separated by semicolons; what is behind them is cut.", HelpName = "NAMES" };
    private readonly Option<string?> outputs = new("--outputs") { Description = "Where a TensorFlow model ends: nodes separated by semicolons.", HelpName = "NAMES" };
    private readonly Option<string?> scores = new("--scores") { Description = "Raw, Softmax or Exponential. Default: softmax unless the model ends in one.", HelpName = "TRANSFORM" };
    private readonly Option<string?> state = new("--state") { Description = "Outputs that become inputs of the next prediction: output=input;output2=input2.", HelpName = "LINKS" };
    private readonly Option<string?> literalLimit = new("--literal-limit") { Description = "Largest weights, in bytes, written as literals; above, a resource.", HelpName = "BYTES" };
    // More than processors have, and few enough to make a working memory for each.
    private const int MostThreads = 1024;

    private readonly Option<string?> threads = new("--threads") { Description = "Most threads that share a batch: adds PredictBatchParallel and RunBatchParallel. Default: 1.", HelpName = "COUNT" };

    private readonly Option<string?> maximumArenaBytes = new("--maximum-arena-bytes") { Description = "More bytes of activations are an error.", HelpName = "BYTES" };
    private readonly Option<string?> maximumWeightBytes = new("--maximum-weight-bytes") { Description = "More bytes of weights are an error.", HelpName = "BYTES" };
    private readonly Option<string?> maximumMacs = new("--maximum-macs") { Description = "More multiply-accumulates of a prediction are an error.", HelpName = "COUNT" };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Arguments.Add(model);
        foreach (Option option in (Option[])[className, classNamespace, isPublic, access, precision, rounding, winograd, calibration, calibrator, calibrationCache, equalization, activationEqualization, branchScales, channelSplitting, int16Sums, layerReconstruction, learnedRounding, biasCorrection, minimumAgreement, maximumError, evaluation, labels, mean, scale, reverseChannels, reverseChannelsValue, inputShape, inputValue, inputs, outputs, scores, state, literalLimit, threads, maximumArenaBytes, maximumWeightBytes, maximumMacs])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads the values.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="diagnostics">Takes what is wrong with them.</param>
    /// <param name="standard">The precision when none is given.</param>
    /// <returns>The options, or <see langword="null"/> when something is wrong.</returns>
    public CompileOptions? Read(ParseResult parsed, List<Diagnostic> diagnostics, Precision standard = Precision.Float32)
    {
        string modelPath = ModelNames.ModelPath(parsed.GetRequiredValue(model));
        var reader = new MetadataReader(modelPath, diagnostics);
        string name = parsed.GetValue(className) ?? ModelNames.ClassName(modelPath);
        string space = parsed.GetValue(classNamespace) ?? "";
        reader.Require(ModelNames.IsIdentifier(name), "ClassName", name, "use a C# identifier");
        reader.Require(space.Length == 0 || space.Split('.').All(ModelNames.IsIdentifier), "Namespace", space, "use C# identifiers separated by dots");
        var options = new CompileOptions
        {
            ModelPath = modelPath,
            ClassName = name,
            Namespace = space,
            IsPublic = parsed.GetValue(isPublic) || reader.Choice("Access", parsed.GetValue(access), ["Internal", "Public"]) == "Public",
            Precision = reader.Choice<Precision>("Precision", parsed.GetValue(precision)) ?? standard,
            Rounding = reader.Choice<Rounding>("Rounding", parsed.GetValue(rounding)),
            Winograd = reader.Switch("Winograd", parsed.GetValue(winograd), standard: true),
            Calibration = reader.Files("Calibration", parsed.GetValue(calibration) ?? []),
            Calibrator = reader.Choice("Calibrator", parsed.GetValue(calibrator), Calibrator.Names) ?? Calibrator.All[0].Name,
            CalibrationCache = parsed.GetValue(calibrationCache),
            CrossLayerEqualization = reader.Switch("CrossLayerEqualization", parsed.GetValue(equalization), standard: true),
            ActivationEqualization = reader.Switch("ActivationEqualization", parsed.GetValue(activationEqualization), standard: true),
            BranchScales = reader.Switch("BranchScales", parsed.GetValue(branchScales), standard: true),
            ChannelSplitting = reader.Switch("ChannelSplitting", parsed.GetValue(channelSplitting), standard: false),
            Int16Sums = reader.Switch("Int16Sums", parsed.GetValue(int16Sums), standard: true),
            LayerReconstruction = reader.Switch("LayerReconstruction", parsed.GetValue(layerReconstruction), standard: false),
            LearnedRounding = reader.Switch("LearnedRounding", parsed.GetValue(learnedRounding), standard: false),
            BiasCorrection = reader.Switch("BiasCorrection", parsed.GetValue(biasCorrection), standard: true),
            MinimumAgreement = reader.Share("MinimumAgreement", parsed.GetValue(minimumAgreement)),
            MaximumError = reader.Share("MaximumError", parsed.GetValue(maximumError)),
            Evaluation = reader.Files("Evaluation", parsed.GetValue(evaluation) ?? []),
            LabelsPath = parsed.GetValue(labels),
            Mean = reader.Numbers("Mean", parsed.GetValue(mean)),
            Scale = reader.Numbers("Scale", parsed.GetValue(scale)),
            ReverseChannels = parsed.GetValue(reverseChannels) || reader.Choice("ReverseChannels", parsed.GetValue(reverseChannelsValue), ["true", "false"]) == "true",
            InputShapes = reader.Shapes("InputShape", parsed.GetValue(inputShape)),
            InputValues = reader.Values("InputValue", parsed.GetValue(inputValue)),
            Inputs = reader.Names("Inputs", parsed.GetValue(inputs)),
            Outputs = reader.Names("Outputs", parsed.GetValue(outputs)),
            Scores = reader.Choice<ScoreTransform>("Scores", parsed.GetValue(scores)),
            State = reader.Links("State", parsed.GetValue(state)),
            LiteralLimit = reader.Count("LiteralLimit", parsed.GetValue(literalLimit)) ?? CompileOptions.DefaultLiteralLimit,
            Threads = reader.Count("Threads", parsed.GetValue(threads), 1, MostThreads) ?? 1,
            MaximumArenaBytes = reader.Limit("MaximumArenaBytes", parsed.GetValue(maximumArenaBytes)),
            MaximumWeightBytes = reader.Limit("MaximumWeightBytes", parsed.GetValue(maximumWeightBytes)),
            MaximumMacs = reader.Limit("MaximumMacs", parsed.GetValue(maximumMacs)),
        };
        return diagnostics.Any(diagnostic => diagnostic.Kind.Severity == Severity.Error) ? null : options;
    }
}
