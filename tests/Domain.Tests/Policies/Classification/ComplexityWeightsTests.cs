using FinOps.Domain.Policies.Classification;

namespace FinOps.Domain.Tests.Policies.Classification;

public sealed class ComplexityWeightsTests
{
    private static readonly string Shipped = ComplexityClassifier.Trained.Weights.ToText("Trained on two comments,", "for the test.");

    [Fact]
    public void Parse_WhatWasWritten_IsTheSame()
    {
        var again = ComplexityWeights.Parse(Shipped);

        Assert.Equal(ComplexityClassifier.Trained.Weights.Features, again.Features);
        Assert.Equal(ComplexityClassifier.Trained.Weights.Constant, again.Constant);
        Assert.Equal(ComplexityFeature.Names, again.Features.Select(feature => feature.Name));
    }

    [Theory]
    [InlineData("feature,mean,deviation,weight\n", "", "do not begin with the line")]
    [InlineData("constant,", "constants,", "do not end with a line constant")]
    [InlineData("numbers_log", "numbers", "train them anew with ./finops bench classifier")]
    [InlineData("numbers_log,", "numbers_log,x", "which is no number")]
    [InlineData("numbers_log,", "numbers_log,1,", "is not feature,mean,deviation,weight")]
    [InlineData("constant,", "constant,NaN", "which is no number")]
    public void Parse_WhatIsNotOurs_SaysWhatIsWrong(string text, string by, string says)
    {
        var broken = Shipped.Replace(text, by, StringComparison.Ordinal);

        Assert.NotEqual(Shipped, broken);
        Assert.Contains(says, Assert.Throws<InvalidDataException>(() => ComplexityWeights.Parse(broken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_DeviationOfNothing_IsRefused()
    {
        var flat = new ComplexityWeights([.. ComplexityFeature.Names.Select(name => new ComplexityWeight(name, 0, 0, 1))], 0).ToText();

        Assert.Contains("a deviation above 0", Assert.Throws<InvalidDataException>(() => ComplexityWeights.Parse(flat)).Message, StringComparison.Ordinal);
    }
}
