using Xunit;

namespace ModelCompiler.MSBuildTasks.Tests;

public sealed class ModelNamesTests
{
    [Theory]
    [InlineData("digits.onnx", "Digits")]
    [InlineData("models/keyword-spotting_v2.onnx", "KeywordSpottingV2")]
    [InlineData(@"models\resNet50.v1.onnx", "ResNet50V1")]
    [InlineData("8bit.onnx", "Model8Bit")]
    [InlineData("größe.onnx", "Größe")]
    [InlineData("-.onnx", "Model")]
    [InlineData("saved_model", "SavedModel")]
    public void A_file_name_becomes_a_class_name(string path, string expected) => Assert.Equal(expected, ModelNames.ClassName(path));

    [Theory]
    [InlineData("Shop.Models", "Shop.Models")]
    [InlineData("my-app.2d", "my_app._2d")]
    [InlineData("", "")]
    public void A_project_name_becomes_a_namespace(string name, string expected) => Assert.Equal(expected, ModelNames.SafeNamespace(name));

    [Theory]
    [InlineData("Digits", true)]
    [InlineData("_1", true)]
    [InlineData("1Digits", false)]
    [InlineData("Di gits", false)]
    [InlineData("../Digits", false)]
    [InlineData("", false)]
    public void Identifiers_are_known(string name, bool expected) => Assert.Equal(expected, ModelNames.IsIdentifier(name));
}
