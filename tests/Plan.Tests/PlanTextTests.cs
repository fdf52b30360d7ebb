using System;
using System.Linq;
using FsCheck.Xunit;
using Xunit;

namespace ModelCompiler.Plans.Tests;

public class PlanTextTests
{
    private const string Smallest = "modelplan 1\nclass \"X\"\n";

    [Property(MaxTest = 300)]
    public void A_plan_that_is_written_and_read_is_the_same_plan(int seed)
    {
        ModelPlan plan = new RandomPlans(seed).Plan();
        ModelPlan read = PlanReader.Read(PlanWriter.Write(plan));
        Assert.Equal(plan, read);
        Assert.Equal(plan.GetHashCode(), read.GetHashCode());
    }

    [Property(MaxTest = 300)]
    public void A_damaged_plan_is_read_or_refused_with_its_line_and_nothing_else(int seed)
    {
        var random = new Random(seed);
        string text = PlanWriter.Write(new RandomPlans(seed).Plan());
        for (int round = 0; round < 20; round++)
        {
            int position = random.Next(text.Length);
            int length = random.Next(Math.Min(8, text.Length - position));
            string damaged = text.Remove(position, length).Insert(position, random.Next(3) == 0 ? "" : "\"[]()=:+-$@^\\,9e\n "[random.Next(18)].ToString());
            Exception? exception = Record.Exception(() => PlanReader.Read(damaged));
            Assert.True(exception is null || (exception is PlanFormatException { Line: >= 1 } format && format.Line <= damaged.Split('\n').Length), $"{exception}\n{damaged}");
        }
    }

    [Property(MaxTest = 300)]
    public void An_expression_that_is_written_and_read_is_the_same_expression(int seed)
    {
        Expression expression = new RandomPlans(seed).Expression(4);
        Assert.Equal(expression, ExpressionText.Read(ExpressionText.Write(expression)));
    }

    [Fact]
    public void Windows_line_ends_are_read()
    {
        ModelPlan plan = new RandomPlans(1).Plan();
        Assert.Equal(plan, PlanReader.Read(PlanWriter.Write(plan).Replace("\n", "\r\n", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("modelplan 2\n", 1)]
    [InlineData("modelplan 1\n", 1)]
    [InlineData(Smallest + "nonsense\n", 3)]
    [InlineData(Smallest + "\nstep K \"n\" \"\"\n", 3)]
    [InlineData(Smallest + "  x = 1\n", 3)]
    [InlineData(Smallest + "public maybe\n", 3)]
    [InlineData(Smallest + "arena 12 13\n", 3)]
    [InlineData(Smallest + "arena 99999999999\n", 3)]
    [InlineData(Smallest + "weights 1 bytes=0 \"\"\n", 3)]
    [InlineData(Smallest + "weights Literals bytes=0.5f \"\"\n", 3)]
    [InlineData(Smallest + "step K \"n\" \"\"\n  x = $\"t\":Float32+\n", 4)]
    [InlineData(Smallest + "step K \"n\" \"\"\n  x = \"no end\n", 4)]
    [InlineData(Smallest + "step K \"n\" \"\"\n  x = \"\\u12\"\n", 4)]
    [InlineData(Smallest + "step K \"n\" \"\"\n  x 1\n", 4)]
    [InlineData(Smallest + "step K \"n\" \"\"\n  x = [1, 2\n", 4)]
    [InlineData(Smallest + "step K \"n\" \"\"\n  x = -\n", 4)]
    [InlineData(Smallest + "step K \"n\" \"\"\n  x = 1.5\n", 4)]
    [InlineData(Smallest + "input \"i\" Float32 [1] scale=0f zeroPoint=0\n  other Declared [1]\n", 4)]
    [InlineData(Smallest + "constant \"c\" Float32 offset=0 length=1 uniform\n", 3)]
    [InlineData(Smallest + "constant \"c\" Float32 offset=0 length=1 uniform=1\n", 3)]
    [InlineData(Smallest + "constant \"c\" Float32 offset=0 length=1 uniform=\"x0:Float32\"\n", 3)]
    [InlineData(Smallest + "tensor \"t\" Float16 [1] offset=0 length=1 scale=0f zeroPoint=0\n", 3)]
    [InlineData(Smallest + "tensor \"t\" Float32 [0.5f] offset=0 length=1 scale=0f zeroPoint=0\n", 3)]
    public void Text_that_is_no_plan_is_refused_with_its_line(string text, int line)
    {
        var exception = Assert.Throws<PlanFormatException>(() => PlanReader.Read(text));
        Assert.InRange(exception.Line, line, line + 1);
        Assert.StartsWith($"line {exception.Line}: ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Endless_nesting_is_refused_and_does_not_exhaust_the_stack()
    {
        string nested = new('[', 1_000_000);
        Assert.Throws<PlanFormatException>(() => PlanReader.Read(Smallest + "step K \"n\" \"\"\n  x = " + nested + "\n"));
        string calls = string.Concat(Enumerable.Repeat("Abs(", 1_000_000));
        Assert.Throws<FormatException>(() => ExpressionText.Read(calls));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x0")]
    [InlineData("x0:Float16")]
    [InlineData("x:Float32")]
    [InlineData("x99999999999:Float32")]
    [InlineData("y0:Float32")]
    [InlineData("Add(x0:Float32)")]
    [InlineData("Add(x0:Float32,x1:Float32)")]
    [InlineData("Abs(x0:Float32")]
    [InlineData("Abs(x0:Float32))")]
    [InlineData("Select(x0:Boolean, x1:Float32)")]
    [InlineData("26(x0:Float32)")]
    [InlineData("Mystery(x0:Float32)")]
    [InlineData("Float32'")]
    [InlineData("Float32'one")]
    public void Text_that_is_no_expression_is_refused(string text) => Assert.Throws<FormatException>(() => ExpressionText.Read(text));

    [Fact]
    public void Negative_zero_and_NaN_survive_the_text()
    {
        var plan = new ModelPlan
        {
            ClassName = "X",
            Steps = new([new PlanStep("s", "K", "", new([new PlanArgument("a", new FloatValue(-0f)), new PlanArgument("b", new FloatValue(float.NaN))]))]),
        };
        EquatableArray<PlanArgument> arguments = PlanReader.Read(PlanWriter.Write(plan)).Steps[0].Arguments;
        Assert.True(float.IsNegative(((FloatValue)arguments[0].Value).Value));
        Assert.NotEqual(new FloatValue(0f), arguments[0].Value);
        Assert.Equal(new FloatValue(float.NaN), arguments[1].Value);
        Assert.Equal(new LiteralExpression(-0.0, ElementType.Float32), ExpressionText.Read("Float32'-0"));
    }
}
