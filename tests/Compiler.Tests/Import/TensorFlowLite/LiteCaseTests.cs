using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Import.TensorFlowLite;
using ModelCompiler.Compiler.Tests.Import.TensorFlowLite.Cases;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite;

/// <summary>Each operator in a file of its own, in every way that files store it, against numbers computed another way: by the ops, and by the kernels that ship.</summary>
public class LiteCaseTests
{
    // TensorFlow Lite's own rounding may take the other neighbour: MEAN, say, rounds the sum on the output's scale before it divides.
    // The outputs that its own kernels left, in tests/Conformance, hold it to the bit.
    private const double RoundedTwice = 0.5;

    private static readonly Dictionary<string, LiteCase> Cases = LiteCases.All.ToDictionary(example => example.Name, StringComparer.Ordinal);

    public static TheoryData<string, LiteForms> Forms
    {
        get
        {
            var forms = new TheoryData<string, LiteForms>();
            foreach (LiteCase example in Cases.Values)
            {
                foreach (LiteForms form in Enum.GetValues<LiteForms>().Where(form => int.PopCount((int)form) == 1 && example.Forms.HasFlag(form)))
                {
                    forms.Add(example.Name, form);
                }
            }

            return forms;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void An_operator_makes_what_it_should(string name, LiteForms form)
    {
        LiteCase example = Cases[name];
        var file = new LiteFile(example, form);
        Graph graph = LiteModels.Accept(file.Bytes);
        Compare(example, file, LiteRunning.Evaluate(graph, file.Inputs), "the ops", example.Slack);
        Compare(example, file, LiteRunning.Execute(graph, file.Inputs, Rounding.Float), "the kernels", example.Slack);
        Compare(example, file, LiteRunning.Execute(graph, file.Inputs, Rounding.TfLite), "the kernels, rounding twice", Math.Max(example.Slack, RoundedTwice));
    }

    [Fact]
    public void Every_operator_of_the_table_has_a_case() =>
        Assert.Empty(LiteOperatorTable.Entries.Select(entry => entry.Name).Except(Cases.Values.SelectMany(example => example.Operators)));

    [Fact]
    public void Each_operator_of_the_table_has_a_name_of_the_format_or_is_a_custom_one() => Assert.All(
        OperatorCatalog.TensorFlowLite,
        name => Assert.True(LiteOperatorNames.CodeOf(name) >= 0 || name.Any(char.IsLower), name));

    private static void Compare(LiteCase example, LiteFile file, Tensor[][] made, string by, double slack)
    {
        for (int prediction = 0; prediction < LiteFile.Predictions; prediction++)
        {
            (LiteTensorSpecification Tensor, double[] Numbers)[] expected = file.Expected[prediction];
            Assert.Equal(expected.Length, made[prediction].Length);
            for (int output = 0; output < expected.Length; output++)
            {
                (LiteTensorSpecification tensor, double[] numbers) = expected[output];
                string what = $"{by}, prediction {prediction}, {tensor.Name}";
                Assert.Equal(tensor.Type, made[prediction][output].Type);
                if (tensor.Type == ElementType.Float32)
                {
                    Running.Close([.. numbers.Select(number => (float)number)], made[prediction][output].Values<float>(), example.Tolerance, what);
                }
                else if (tensor.Scales.Length > 0)
                {
                    CompareLevels(slack, tensor, numbers, made[prediction][output].ToFloat64(), what);
                }
                else
                {
                    Assert.Equal(numbers, made[prediction][output].ToFloat64());
                }
            }
        }
    }

    private static void CompareLevels(double slack, LiteTensorSpecification tensor, double[] numbers, double[] levels, string what)
    {
        (double least, double greatest) = GridExpressions.Range(tensor.Type)!.Value;
        Assert.Equal(numbers.Length, levels.Length);
        for (int index = 0; index < levels.Length; index++)
        {
            double level = Math.Clamp((numbers[index] / tensor.Scales[0]) + tensor.Zeros[0], least, greatest);
            Assert.True(
                Math.Abs(levels[index] - level) <= 0.5 + slack, $"{what}: element {index} is level {levels[index]}, expected {level} for {numbers[index]}");
        }
    }
}
