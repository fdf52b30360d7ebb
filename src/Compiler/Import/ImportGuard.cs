using System;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import;

/// <summary>What every importer does about trouble: it becomes a finding, and the import goes on, so that all of a file's trouble is told at once.</summary>
internal static class ImportGuard
{
    /// <summary>Does something about a node. Whatever goes wrong, because of what the file says, is a finding.</summary>
    /// <param name="what">What it is about.</param>
    /// <param name="action">What to do.</param>
    /// <param name="report">Receives the finding.</param>
    public static T? Run<T>(string what, Func<T> action, Action<ImportException> report)
    {
        try
        {
            return action();
        }
        catch (ReportedException)
        {
            // The finding is where its cause is.
        }
        catch (ImportException exception)
        {
            report(exception);
        }
        catch (FoldingException exception)
        {
            report(new ImportException(DiagnosticKinds.TooLarge, exception.Message, $"{GraphBuilder.MaximumFoldingWork} elements and multiplications"));
        }
        catch (ShapeException exception)
        {
            report(new ImportException(DiagnosticKinds.ShapeInvalid, exception.Message));
        }
        catch (OutOfMemoryException)
        {
            report(new ImportException(DiagnosticKinds.TooLarge, "a constant is too large for the memory", "what there is"));
        }
        catch (Exception exception)
        {
            report(ImportException.Invalid($"{what} does not make sense here: {exception.Message}"));
        }

        return default;
    }
}
