namespace FinOps.Domain.Changes;

/// <summary>What one model cost one feature in two periods, and why that differs.</summary>
/// <param name="Feature">Empty = not told.</param>
/// <param name="Provider">Whose API answered.</param>
/// <param name="Model">The served model, else the requested one.</param>
/// <param name="Before">USD in the period before.</param>
/// <param name="After">USD in the period after.</param>
/// <param name="CallsBefore">Answered ones.</param>
/// <param name="CallsAfter">Answered ones.</param>
/// <param name="Causes">By the order of <see cref="ChangeCause"/>, up to <see cref="ChangeCause.GoneFeatures"/>; they sum to <see cref="Change"/>.</param>
public sealed record PairChange(string Feature, string Provider, string Model, decimal Before, decimal After, long CallsBefore, long CallsAfter, IReadOnlyList<decimal> Causes)
{
    public decimal Change => After - Before;

    public decimal this[ChangeCause cause] => (int)cause < Causes.Count ? Causes[(int)cause] : 0m;
}

/// <summary>The difference of two periods, taken apart. The rows sum to it, and so do the causes.</summary>
/// <param name="Pairs">Feature × model, those that changed most first.</param>
public sealed record CostDifference(IReadOnlyList<PairChange> Pairs)
{
    public decimal Before => Pairs.Sum(pair => pair.Before);

    public decimal After => Pairs.Sum(pair => pair.After);

    public decimal Change => After - Before;

    public decimal this[ChangeCause cause] => Pairs.Sum(pair => pair[cause]);
}
