using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using ModelCompiler.RuntimeSupport.SelfCheck;
using Xunit;

// Runs every test, or those whose title contains one of the arguments; exits with 1 if one does not hold.
TextWriter output = Console.Out;
output.WriteLine(Processor.Description);
var clock = Stopwatch.StartNew();

// The tests write which paths this processor does not have, some of them again and again.
using var notes = new StringWriter();
Console.SetOut(notes);
int passed = 0, failed = 0;
foreach (Specification specification in Specification.All().Where(IsWanted))
{
    bool holds = Holds(specification);
    passed += holds ? 1 : 0;
    failed += holds ? 0 : 1;
}

foreach (string note in notes.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Distinct())
{
    output.WriteLine(note);
}

foreach (string fingerprint in Fingerprint.All())
{
    output.WriteLine(fingerprint);
}

output.WriteLine(FormattableString.Invariant($"{passed} passed, {failed} failed in {clock.Elapsed.TotalSeconds:0.0} s"));
return passed > 0 && failed == 0 ? 0 : 1;

bool IsWanted(Specification specification) =>
    args.Length == 0 || args.Any(word => specification.Title.Contains(word, StringComparison.OrdinalIgnoreCase));

bool Holds(Specification specification)
{
    long before = Assert.Count;
    TimeSpan start = clock.Elapsed;
    try
    {
        specification.Run();
        string assertions = Assert.Count > before ? $", {Assert.Count - before} assertions" : string.Empty;
        output.WriteLine(FormattableString.Invariant($"{specification.Title}: holds{assertions}, {(clock.Elapsed - start).TotalSeconds:0.0} s"));
        return true;
    }
    catch (Exception exception)
    {
        output.WriteLine($"{specification.Title}: DOES NOT HOLD, assertion {Assert.Count - before}: {exception}");
        return false;
    }
}
