using System.Text;
using CsCheck;
using FinOps.Domain.Policies.Classification;

namespace FinOps.Domain.Tests.Policies.Classification;

public sealed class PromptFeaturesTests
{
    private const string Question = """
        If demand rises, but supply isn't changed, by how much (about 1,500.5 USD or 3 %) will the price change? Explain.
        A. It increases more
        (B) It increases less
        C) It decreases
        Answer:
        """;

    [Fact]
    public void Read_QuestionWithOptions_CountsEachPart()
    {
        var read = Read(Question);

        Assert.Equal((Encoding.UTF8.GetByteCount(Question), Question.IndexOf("A. ", StringComparison.Ordinal)), (read.Bytes, read.QuestionBytes));
        Assert.Equal((3, 8, 5), (read.Options, read.OptionWords, read.OptionDegreeWords));
        Assert.Equal((20, 2, 29), (read.QuestionWords, read.Sentences, read.Words));
        // "1,500.5" is one number, "isn't" one word.
        Assert.Equal(2, read.Numbers);
        // If, rises is no such word, but; increases, more, increases, less, decreases.
        Assert.Equal(7, read.ReasoningWords);
        // "it increases" in two of three options: one pair of three in common, of all three pairs of options a third.
        Assert.Equal(1 / 3d / 3, read.OptionLikeness, 9);
    }

    [Fact]
    public void Read_RepeatedWords_AreDistinctOnce()
    {
        var read = Read("The cat saw the CAT. Cat!");

        Assert.Equal((6, 3, 4, 2), (read.Words, read.DistinctWords, read.ContentWords, read.DistinctContentWords));
        Assert.Equal((2, 0, read.Bytes), (read.Sentences, read.Options, read.QuestionBytes));
    }

    [Theory]
    [InlineData("A. alone", 1)]
    [InlineData("B. begins late", 0)]
    [InlineData("A. one\nC. three", 1)]
    [InlineData("Vitamin A. is one, B. another", 0)]
    [InlineData("A.one\nB.two", 0)]
    [InlineData("A. 1\nB. 2\nC. 3\nD. 4\nE. 5\nF. 6\nG. 7\nH. 8\nI. 9\nJ. 10", 8)]
    public void Read_LetteredLines_AreOptionsInOrderFromA(string prompt, int options) => Assert.Equal(options, Read(prompt).Options);

    [Fact]
    public void Read_Code_IsToldByItsSigns()
    {
        var read = Read("```c\nfor (;;) { x_1 = y; }\n```\nRefactor this SQL");

        Assert.Equal((2, 7, 2), (read.Fences, read.CodeSigns, read.CodeWords));
    }

    [Fact]
    public void Read_LongerThanItsLimit_CountsTheRestByItsLengthAlone()
    {
        var prompt = new byte[PromptFeatures.MaxReadBytes + 100];
        Array.Fill(prompt, (byte)' ');
        "one two"u8.CopyTo(prompt);
        "three"u8.CopyTo(prompt.AsSpan(PromptFeatures.MaxReadBytes + 10));

        var read = PromptFeatures.Read(prompt);

        Assert.Equal((2, prompt.Length, prompt.Length, true), (read.Words, read.Bytes, read.QuestionBytes, read.IsPartial));
        Assert.False(PromptFeatures.Read(prompt.AsSpan(0, PromptFeatures.MaxReadBytes)).IsPartial);
    }

    /// <summary>Half of the bytes are those on which the reader branches, so that any order of them is met.</summary>
    [Fact]
    public void Read_AnyBytes_ThrowsNothingAndCountsWithinBounds()
    {
        var signs = "\n\nABH.):( '`0,1.?!{}=Answer:\t"u8.ToArray();
        var sign = Gen.OneOf(Gen.Byte, Gen.Int[0, signs.Length - 1].Select(i => signs[i]));
        Gen.OneOf(sign.Array[0, 200], sign.Array[0, 20_000]).Sample(prompt =>
        {
            var read = PromptFeatures.Read(prompt);
            var score = ComplexityClassifier.Trained.Score(read);
            return read.Bytes == prompt.Length && read.QuestionBytes <= prompt.Length && read.Letters <= prompt.Length && read.OptionLikeness is >= 0 and <= 1
                && read.DistinctWords <= read.Words && read.ContentWords <= read.Words && read.DistinctContentWords <= read.ContentWords && read.DistinctContentWords <= read.DistinctWords
                && read.QuestionWords + read.OptionWords <= read.Words && read.Sentences <= read.QuestionWords && read.OptionDegreeWords <= read.OptionWords && read.Numbers <= read.Words
                && score is > 0 and < 1 && Enum.IsDefined(GuessTask.Of(new RequestShape { IsConversation = true }, read));
        }, iter: 500);
    }

    private static PromptFeatures Read(string prompt) => PromptFeatures.Read(Encoding.UTF8.GetBytes(prompt));
}
