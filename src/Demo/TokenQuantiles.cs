namespace FinOps.Demo;

/// <summary>
/// Token counts of real calls, as 21 quantiles (0 %, 5 %, … 100 %). Between two quantiles the value is interpolated.
/// Worked out from the public traces named at each table; the traces themselves are not part of this repository.
/// </summary>
internal sealed class TokenQuantiles(params int[] quantiles)
{
    /// <summary>Azure/AzurePublicDataset, LLM inference trace of 2023, "code": 8,819 calls (CC-BY-4.0). Long context, short answer.</summary>
    public static readonly TokenQuantiles CodeInput = new(3, 75, 147, 232, 386, 578, 770, 938, 1075, 1261, 1469, 1690, 1909, 2164, 2433, 2745, 3192, 3919, 5186, 7302, 7437);

    /// <summary>As <see cref="CodeInput"/>: generated tokens.</summary>
    public static readonly TokenQuantiles CodeOutput = new(6, 6, 7, 7, 8, 9, 9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 29, 39, 55, 90, 1899);

    /// <summary>Azure/AzurePublicDataset, LLM inference trace of 2023, "conversation": 19,366 calls (CC-BY-4.0).</summary>
    public static readonly TokenQuantiles ConversationInput = new(2, 181, 207, 372, 387, 396, 403, 414, 703, 984, 1020, 1045, 1071, 1097, 1130, 1189, 1315, 1876, 2734, 4083, 14050);

    /// <summary>As <see cref="ConversationInput"/>: generated tokens.</summary>
    public static readonly TokenQuantiles ConversationOutput = new(7, 41, 54, 67, 77, 85, 91, 96, 103, 113, 129, 151, 177, 217, 384, 395, 400, 411, 424, 451, 1000);

    /// <summary>kvcache-ai/Mooncake, "conversation": 12,031 calls (Apache-2.0). Long multi-turn sessions.</summary>
    public static readonly TokenQuantiles SessionInput = new(891, 901, 964, 1261, 1662, 2307, 3263, 4250, 4993, 5871, 6909, 8186, 9570, 11239, 13196, 15366, 17869, 21467, 27367, 39549, 126195);

    /// <summary>As <see cref="SessionInput"/>: generated tokens.</summary>
    public static readonly TokenQuantiles SessionOutput = new(1, 10, 24, 46, 100, 157, 213, 256, 291, 323, 350, 375, 399, 423, 447, 472, 504, 543, 597, 698, 2000);

    /// <summary>kvcache-ai/Mooncake, "synthetic" (agents and tools): 3,993 calls (Apache-2.0).</summary>
    public static readonly TokenQuantiles AgentInput = new(13, 22, 30, 45, 88, 277, 913, 2777, 4365, 6657, 11587, 14730, 16289, 17642, 19407, 23175, 28430, 34305, 38615, 48835, 191378);

    /// <summary>As <see cref="AgentInput"/>: generated tokens.</summary>
    public static readonly TokenQuantiles AgentOutput = new(1, 2, 4, 6, 8, 11, 16, 22, 32, 49, 69, 92, 126, 169, 210, 250, 289, 332, 389, 519, 893);

    /// <summary>Share of the input, in percent, whose prefix an earlier call had already sent (Mooncake "conversation", blocks of 512 tokens).</summary>
    public static readonly TokenQuantiles PrefixSharePercent = new(0, 1, 3, 4, 5, 7, 9, 12, 15, 25, 36, 45, 54, 55, 57, 70, 84, 89, 95, 98, 100);

    public int At(double unit)
    {
        var position = unit * (quantiles.Length - 1);
        var below = Math.Min((int)position, quantiles.Length - 2);
        return (int)Math.Round(quantiles[below] + (quantiles[below + 1] - quantiles[below]) * (position - below));
    }
}
