namespace ModelCompiler.Compiler.Diagnostics;

/// <summary>
/// Every code. MC1xxx: the model file; MC2xxx: the item's metadata and its data files; MC3xxx: quantisation; MC9xxx: ourselves.
/// A code's page is in <c>docs/diagnostics.md</c>; a test compares the two.
/// </summary>
public static class DiagnosticKinds
{
#pragma warning disable CS1591 // Each message says what the code means.
    public static readonly DiagnosticKind FileMissing = new("MC1001", Severity.Error, "the model file does not exist; check the Include of the ModelFile item");
    public static readonly DiagnosticKind FileUnreadable = new("MC1002", Severity.Error, "the file cannot be read: {0}");
    public static readonly DiagnosticKind FormatUnknown = new("MC1003", Severity.Error, "'{0}' is not a model format this version reads; use .onnx, .tflite, a TensorFlow .pb or the folder of a SavedModel");
    public static readonly DiagnosticKind FileMalformed = new("MC1004", Severity.Error, "the file is not a valid {0} model: {1}; {2}");
    public static readonly DiagnosticKind OperatorUnsupported = new("MC1010", Severity.Error, "operator {0} ({1}) is not supported; 'modelc operators' lists those that are");
    public static readonly DiagnosticKind AttributeUnsupported = new("MC1011", Severity.Error, "operator {0}: {1} is not supported; {2}");
    public static readonly DiagnosticKind TypeUnsupported = new("MC1012", Severity.Error, "tensor '{0}' has element type {1}, which is not supported");
    public static readonly DiagnosticKind GraphInvalid = new("MC1013", Severity.Error, "the graph is invalid: {0}");
    public static readonly DiagnosticKind ShapeInvalid = new("MC1014", Severity.Error, "the shapes do not fit: {0}");
    public static readonly DiagnosticKind DimensionUnknown = new("MC1015", Severity.Error, "dimension {1} of input '{0}' is not fixed by the model; set InputShape=\"{0}:{2}\" on the ModelFile item");
    public static readonly DiagnosticKind TooLarge = new("MC1016", Severity.Error, "{0}, which is more than this compiler handles ({1})");
    public static readonly DiagnosticKind ShapeDependsOnData = new("MC1017", Severity.Error, "operator {0}: input '{1}' decides a shape or how the code is written and must be constant, but is computed from the model's inputs; {2}");
    public static readonly DiagnosticKind ExtentDependsOnData = new("MC1018", Severity.Error, "operator {0} reads '{1}', whose extent along axis {2} depends on the data, and {3}; end the model before this node and do the rest in C#, or rewrite the model so that this axis stays as it is");
    public static readonly DiagnosticKind InputSettled = new("MC1019", Severity.Info, "input '{0}' can only be {1}, as the shapes that the file declares say, and is no parameter of the class");
    public static readonly DiagnosticKind LoopUnbounded = new("MC1020", Severity.Error, "operator {0} must run a number of times that is known when the model is compiled, but {1}; {2}");
    public static readonly DiagnosticKind NotesDamaged = new("MC1021", Severity.Warning, "the file's metadata is ignored: {0}; write it again, or set Labels, Mean and Scale on the ModelFile item");
    public static readonly DiagnosticKind NotesUnused = new("MC1022", Severity.Warning, "the file's metadata has {0}, which are not used: {1}; set {2} on the ModelFile item");
    public static readonly DiagnosticKind InputIsText = new("MC1024", Severity.Error, "input '{0}' is text, or the bytes of a file, which no class takes; set Inputs=\"{1}\" on the ModelFile item to begin the model where there are numbers{2}");
    public static readonly DiagnosticKind NarrowArithmetic = new("MC1029", Severity.Error, "operator {0} reads '{1}', which is {2}: there is no arithmetic in that type; convert it with Cast or DequantizeLinear first");
    public static readonly DiagnosticKind TextUnlabelled = new("MC1030", Severity.Error, "output '{0}' is text, but of other labels than those that the class will have; remove the output, or let the model give numbers");
    public static readonly DiagnosticKind VariableUnknown = new("MC1042", Severity.Error, "variable '{0}' has no value: {1}");
    public static readonly DiagnosticKind OutputsUnknown = new("MC1043", Severity.Error, "the file does not say which nodes are the model's outputs: {0}; set Outputs=\"node\" on the ModelFile item, or several separated by semicolons");
    public static readonly DiagnosticKind MetadataInvalid = new("MC2001", Severity.Error, "{0}=\"{1}\" is not valid: {2}");
    public static readonly DiagnosticKind LabelsMissing = new("MC2002", Severity.Error, "the label file does not exist; check Labels on the ModelFile item");
    public static readonly DiagnosticKind LabelCount = new("MC2003", Severity.Error, "the label file has {0} labels, but the model has {1} classes; give one label a line in the order of the classes");
    public static readonly DiagnosticKind LabelsNotClassifier = new("MC2004", Severity.Error, "Labels is set, but the model has no single output that is a row of class scores: {0}");
    public static readonly DiagnosticKind StateInvalid = new("MC2005", Severity.Error, "State=\"{0}={1}\": {2}");
    public static readonly DiagnosticKind ThreadsUnused = new("MC2006", Severity.Warning, "Threads=\"{0}\" has no effect: threads share the elements of a batch, and this model leaves no batch open; remove it, or export the model with an open first dimension");
    public static readonly DiagnosticKind CalibrationMissing = new("MC3001", Severity.Error, "Precision=\"{0}\" needs example inputs to choose the ranges from, and there are none (if Calibration is set, no file matches it); add Calibration=\"folder/*.png\" (some 100 typical images, or .npy/.bin files in the input's shape), or use Precision=\"Float32\"");
    public static readonly DiagnosticKind CalibrationUnreadable = new("MC3002", Severity.Error, "the file cannot be used as an input of the model: {0}");
    public static readonly DiagnosticKind CalibrationInputs = new("MC3003", Severity.Error, "calibration files feed one input, but the model has {0}: {1}; use Precision=\"Float32\"");
    public static readonly DiagnosticKind CalibrationNotFinite = new("MC3004", Severity.Error, "the model gives NaN or infinity at '{0}' for this calibration file, so no range can be chosen; check Mean and Scale");
    public static readonly DiagnosticKind FloatIslands = new("MC3010", Severity.Info, "{0} of {1} steps run in float32, for want of an int8 form: {2}");
    public static readonly DiagnosticKind QuantizedLayersInFloat = new("MC3011", Severity.Info, "{0} of {1} steps run in float32 although the model's file quantises what they read, because the file does not quantise their result, their weights do not fit int8 after their zero point, or there is no int8 form: {2}");
    public static readonly DiagnosticKind FloatForbidden = new("MC3012", Severity.Error, "Precision=\"Int8Only\" allows no arithmetic in float, but {0} of {1} steps have no integer form here: {2}; use Precision=\"Int8\", or replace these layers in the model");
    public static readonly DiagnosticKind QuantizedQuality = new("MC3016", Severity.Error, "on {0} calibration files the model in {1} {2}; the layers that int8 hurts most are (each with the outputs' error when it alone is int8) {3}; use {4}");
    public static readonly DiagnosticKind Quality = new("MC3017", Severity.Error, "on {0} calibration files the model in {1} {2}; use {3}");
    public static readonly DiagnosticKind KeptInFloat = new("MC3018", Severity.Info, "{0} of {1} layers that have an int8 form are kept in float32, to reach {2} (each with the outputs' error when it alone is int8): {3}");
    public static readonly DiagnosticKind CalibrationCacheUnusable = new("MC3020", Severity.Error, "the calibration cache cannot be used: {0}; and there are no calibration files to make it anew: build once where the files that Calibration names are, and commit what that writes");
    public static readonly DiagnosticKind CalibrationCacheRenewed = new("MC3021", Severity.Info, "the calibration cache was made anew, because {0}; commit it if others build from it");
    public static readonly DiagnosticKind CalibrationCacheUnwritable = new("MC3022", Severity.Warning, "the calibration cache cannot be written, and calibration is repeated in every build: {0}; make the folder writable, or build where it is and commit the file");
    public static readonly DiagnosticKind ExamplesUnusable = new("MC3024", Severity.Error, "{0} is set, but its files cannot be fed to the model: {1}; remove {0}");
    public static readonly DiagnosticKind EvaluationClass = new("MC3025", Severity.Error, "the class '{0}' of {1} evaluation files, of which this is the first, {2}; the classes are {3}");
    public static readonly DiagnosticKind EvaluationList = new("MC3026", Severity.Error, "the list of evaluation files cannot be used: {0}; write one file a line, its path relative to the list, a comma, and the label or number of its class");
    public static readonly DiagnosticKind NotExported = new("MC3040", Severity.Error, "the model cannot be exported as ONNX: {0}; end the model before this node, or compare another way");
    public static readonly DiagnosticKind PrecisionNotExported = new("MC3042", Severity.Error, "Precision=\"{0}\" decides how a program stores weights, which has no part in the graph that is exported: the file would be that of Float32; export {1}");
    public static readonly DiagnosticKind ArenaTooLarge = new("MC4010", Severity.Error, "the arena has {0} bytes, more than MaximumArenaBytes=\"{1}\"; at its fullest, in step '{2}', it holds (in bytes) {3}; use smaller inputs, or Precision=\"Int8\", which stores activations in a byte each");
    public static readonly DiagnosticKind WeightsTooLarge = new("MC4011", Severity.Error, "the weights have {0} bytes, more than MaximumWeightBytes=\"{1}\"; the largest are (in bytes) {2}; use Precision=\"Float16Weights\", \"WeightInt8\" or \"Int8\", or a smaller model");
    public static readonly DiagnosticKind TooManyMacs = new("MC4012", Severity.Error, "a prediction takes {0} multiply-accumulates, more than MaximumMacs=\"{1}\"; most of them are those of {2}; use smaller inputs or a smaller model");
    public static readonly DiagnosticKind Internal = new("MC9001", Severity.Error, "internal error of the compiler: {0}; please report it with the model");
#pragma warning restore CS1591
}
