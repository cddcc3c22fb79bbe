namespace FinOps.Domain.Policies.Classification;

/// <summary>What a word tells of a prompt; a word may be of several kinds. English alone: words of other languages are of none.</summary>
[Flags]
internal enum WordKind : byte
{
    None = 0,

    /// <summary>Cause, condition, contrast: the question asks to follow something.</summary>
    Reasoning = 1,

    /// <summary>More, least, decrease: the question asks to compare.</summary>
    Degree = 2,

    /// <summary>Carries grammar, no content.</summary>
    Function = 4,

    Code = 8,
    Passage = 16,
    Writing = 32,
    Labelling = 64,
    Extracting = 128,
}

/// <summary>Looks words up by the hash that <see cref="PromptReader"/> makes while it reads: no text is made, and a word costs one probe.</summary>
internal static class WordKinds
{
    public const uint Seed = 2166136261;

    // Some 150 words in 1,024 places: few collide.
    private const int Bits = 10;
    private const int Places = 1 << Bits;
    private static readonly uint[] Hashes = new uint[Places];
    private static readonly WordKind[] Kinds = new WordKind[Places];

    static WordKinds()
    {
        Add(WordKind.Reasoning, "because therefore thus hence since due cause causes caused result results effect leads so why consequently reason reasons");
        Add(WordKind.Reasoning, "if unless suppose assume assuming given whether when whenever provided otherwise until once let");
        Add(WordKind.Reasoning, "but however although though while despite whereas yet instead rather unlike");
        Add(WordKind.Degree, "more less most least best better worst worse greater greatest higher highest lower lowest larger largest smaller smallest fewer than rise fall");
        Add(WordKind.Degree, "increase increases increased decrease decreases decreased");
        Add(WordKind.Function, "the a an of to in on at by for with from as is are was were be been being and or that this these those it its has have had do does did there");
        Add(WordKind.Code, "python javascript typescript sql regex refactor debug compiler compile stacktrace codebase");
        Add(WordKind.Passage, "context passage passages source sources document documents excerpt excerpts snippet snippets");
        Add(WordKind.Writing, "write draft compose essay article report story blog letter email proposal");
        Add(WordKind.Labelling, "classify classification categorise categorize label sentiment intent");
        Add(WordKind.Extracting, "extract extraction");
    }

    /// <summary>FNV-1a, letter by letter.</summary>
    public static uint Hash(uint hash, byte letter) => (hash ^ letter) * 16777619;

    /// <summary>Spreads a hash over all bits: the upper ones choose a place in a table.</summary>
    public static uint Spread(uint hash) => hash * 2654435769;

    /// <param name="hash">Of the word in lower case.</param>
    public static WordKind Of(uint hash)
    {
        for (var place = Place(hash); Kinds[place] != WordKind.None; place = (place + 1) % Places)
            if (Hashes[place] == hash) return Kinds[place];
        return WordKind.None;
    }

    private static void Add(WordKind kind, string words)
    {
        foreach (var word in words.Split(' '))
        {
            var hash = word.Aggregate(Seed, (sum, letter) => Hash(sum, (byte)letter));
            var place = Place(hash);
            while (Kinds[place] != WordKind.None && Hashes[place] != hash) place = (place + 1) % Places;
            Hashes[place] = hash;
            Kinds[place] |= kind;
        }
    }

    private static int Place(uint hash) => (int)(Spread(hash) >> (32 - Bits));
}
