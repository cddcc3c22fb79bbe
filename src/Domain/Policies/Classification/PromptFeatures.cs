namespace FinOps.Domain.Policies.Classification;

/// <summary>
/// What is counted in the last message of a user, in one pass and without allocating. No text is kept: features may leave the edge where prompts may not.
/// </summary>
public readonly record struct PromptFeatures
{
    /// <summary>What is read of a prompt, in bytes. Default 8 KiB; of longer ones the rest counts by its length alone, see <see cref="IsPartial"/>.</summary>
    public const int MaxReadBytes = 8 * 1024;

    /// <summary>Bytes of the whole prompt.</summary>
    public int Bytes { get; init; }

    /// <summary>The prompt is longer than <see cref="MaxReadBytes"/>, so that the words behind are not counted.</summary>
    public bool IsPartial => Bytes > MaxReadBytes;

    /// <summary>Bytes before the lettered options (<c>A. …</c>, <c>(B) …</c>); of all where there are none.</summary>
    public int QuestionBytes { get; init; }

    /// <summary>Words before the options.</summary>
    public int QuestionWords { get; init; }

    /// <summary>Sentences before the options.</summary>
    public int Sentences { get; init; }

    /// <summary>Numbers among them.</summary>
    public int Words { get; init; }

    /// <summary>Bytes of all words together.</summary>
    public int Letters { get; init; }

    /// <summary>Different words, told apart by 12 bits: a little too few in long prompts.</summary>
    public int DistinctWords { get; init; }

    /// <summary>Words that carry more than grammar.</summary>
    public int ContentWords { get; init; }

    public int DistinctContentWords { get; init; }
    public int Numbers { get; init; }

    /// <summary>Words of cause, condition, contrast and degree.</summary>
    public int ReasoningWords { get; init; }

    /// <summary>Lettered options, in order from A; at most 8.</summary>
    public int Options { get; init; }

    public int OptionWords { get; init; }

    /// <summary>Words of degree in options: "increases, decreases".</summary>
    public int OptionDegreeWords { get; init; }

    /// <summary>How much two options say the same, 0 to 1: what their pairs of neighbouring words share, the mean over all pairs of options.</summary>
    public double OptionLikeness { get; init; }

    /// <summary>Signs that programs are full of and prose is not: <c>{ } ; = &lt; &gt; _ \ #</c>.</summary>
    public int CodeSigns { get; init; }

    /// <summary>Begins and ends of blocks between three back-ticks.</summary>
    public int Fences { get; init; }

    /// <summary>Names of programming languages and of what is done to programs.</summary>
    public int CodeWords { get; init; }

    /// <summary>Words by which retrieved text is introduced: context, passage, source.</summary>
    public int PassageWords { get; init; }

    /// <summary>Words that ask for a text: write, draft, essay.</summary>
    public int WritingWords { get; init; }

    /// <summary>Words that ask for a label: classify, sentiment.</summary>
    public int LabellingWords { get; init; }

    /// <summary>Words that ask for what a text holds: extract.</summary>
    public int ExtractingWords { get; init; }

    /// <param name="prompt">UTF-8; any bytes are fine.</param>
    public static PromptFeatures Read(ReadOnlySpan<byte> prompt) => new PromptReader(prompt[..Math.Min(prompt.Length, MaxReadBytes)]).Read(prompt.Length);
}
