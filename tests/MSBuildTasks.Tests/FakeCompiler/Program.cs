using System;
using System.IO;
using System.Linq;

// Called as the real one: compile @responseFile, one argument a line.
string[] arguments = [.. File.ReadAllLines(args[1][1..]).Where(line => line.Length > 0 && line[0] != '#')];
string log = Environment.GetEnvironmentVariable("FAKE_COMPILER_LOG")!;
Directory.CreateDirectory(log);
File.WriteAllLines(Path.Combine(log, $"{Environment.ProcessId}.txt"), args.Take(1).Concat(arguments));

string model = arguments[0];
string content = File.ReadAllText(Directory.Exists(model) ? Path.Combine(model, "saved_model.pb") : model);
Console.WriteLine(content);
if (content.Contains(" : error ", StringComparison.Ordinal))
{
    return 1;
}

string Option(string name) => arguments.First(argument => argument.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
string file = Path.Combine(Option("--output"), Option("--class"));
Directory.CreateDirectory(Option("--output"));
File.WriteAllText(file + (content.Contains("large", StringComparison.Ordinal) ? ".weights.bin" : ".modelweights"), "weights");
if (content.StartsWith("with ", StringComparison.Ordinal))
{
    File.WriteAllText(file + ".inputs", Path.Combine(Path.GetDirectoryName(model)!, content["with ".Length..].Trim()) + "\n");
}

File.WriteAllText(file + ".modelplan", "plan");
return 0;
