namespace FinOps.Domain.Policies.Classification;

/// <summary>What the complexity score weighs, and how it follows from what was counted. Chosen on fifteen of the subjects of <c>./finops bench classifier</c>; a further one needs training anew.</summary>
public static class ComplexityFeature
{
    /// <summary>In the order of <see cref="Fill"/> and of the weights' file.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "reasoning_words_log", "reasoning_words_share", "option_likeness", "option_degree_share", "repeated_words_hundreds", "question_bytes_log", "sentence_words_log", "distinct_content_share", "word_letters", "numbers_log",
    ];

    /// <summary>Makes a prompt's values.</summary>
    /// <param name="prompt">What was counted.</param>
    /// <param name="values">As many as <see cref="Names"/>. NaN: the prompt does not tell, such as the likeness of options that it does not have.</param>
    public static void Fill(in PromptFeatures prompt, Span<double> values)
    {
        var words = Math.Max(1, prompt.Words);
        var hasOptions = prompt.Options >= 2;
        values[0] = Math.Log(1 + prompt.ReasoningWords);
        values[1] = (double)prompt.ReasoningWords / words;
        values[2] = hasOptions ? prompt.OptionLikeness : double.NaN;
        values[3] = hasOptions ? (double)prompt.OptionDegreeWords / Math.Max(1, prompt.OptionWords) : double.NaN;
        values[4] = (prompt.Words - prompt.DistinctWords) / 100d;
        values[5] = Math.Log(1 + prompt.QuestionBytes);
        values[6] = Math.Log(1 + ((double)prompt.QuestionWords / Math.Max(1, prompt.Sentences)));
        values[7] = prompt.ContentWords > 0 ? (double)prompt.DistinctContentWords / prompt.ContentWords : double.NaN;
        values[8] = prompt.Words > 0 ? (double)prompt.Letters / words : double.NaN;
        values[9] = Math.Log(1 + prompt.Numbers);
    }
}
