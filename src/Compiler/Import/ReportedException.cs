using System;

namespace ModelCompiler.Compiler.Import;

/// <summary>Ends the import of a node whose trouble has been reported where it began.</summary>
internal sealed class ReportedException : Exception;
