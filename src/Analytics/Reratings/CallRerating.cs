using FinOps.Domain.Usage;

namespace FinOps.Analytics.Reratings;

/// <summary>One call before and after it was rated anew. Pure.</summary>
internal static class CallRerating
{
    /// <summary>Whether the cost, or whether it is known at all, is another one. A cost found by other rows that are as dear, or better labelled, changes nothing for anybody.</summary>
    public static bool Differs(CallReport before, CallReport after) =>
        before.Cost != after.Cost || (before.Flags & CallFlags.Unpriced) != (after.Flags & CallFlags.Unpriced);

    public static bool BecomesPriced(CallReport before, CallReport after) => before.Flags.HasFlag(CallFlags.Unpriced) && !after.Flags.HasFlag(CallFlags.Unpriced);

    public static bool BecomesUnpriced(CallReport before, CallReport after) => BecomesPriced(after, before);
}
