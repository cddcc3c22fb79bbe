namespace FinOps.Domain.Policies;

/// <summary>Answers of one arm, and how many of them ended because they were long enough.</summary>
public readonly record struct ArmTruncation(long Calls, long Cut)
{
    /// <summary>1 = 100 %; null without answers.</summary>
    public decimal? Share => Calls == 0 ? null : (decimal)Cut / Calls;

    /// <summary>Fewer than <see cref="Truncation.MinCalls"/>: their share says little.</summary>
    public bool IsTooFew => Calls < Truncation.MinCalls;
}

/// <summary>Answers from before a policy was obeyed, of the calls that it is for.</summary>
/// <param name="From">As long before as the policy is obeyed, at most a week.</param>
/// <param name="To">When the first gateway could obey it.</param>
/// <param name="Answers">Answers of that time.</param>
public sealed record TruncationBefore(DateTimeOffset From, DateTimeOffset To, ArmTruncation Answers);

/// <summary>Whether an output limit cuts answers off: the share that ended by length where it is obeyed, beside the share where it is not.</summary>
/// <param name="Treatment">Answers under the limit.</param>
/// <param name="Control">Answers that were left as they are, to compare with.</param>
/// <param name="DryRun">Answers that the limit would have been for, had it been more than a trial: as they are without it.</param>
public sealed record Truncation(ArmTruncation Treatment, ArmTruncation Control, ArmTruncation DryRun)
{
    /// <summary>Answers of each side without which nothing is said. Default 100.</summary>
    public const int MinCalls = 100;

    /// <summary>By how much the share must have risen at the least, with <see cref="Z"/>, to be called clear. Default one percentage point.</summary>
    public const double LeastRise = 0.01;

    /// <summary>Null: it was never more than a trial.</summary>
    public TruncationBefore? Before { get; init; }

    /// <summary>Of a normal distribution: 99 % lie within.</summary>
    private const double Z = 2.5758;

    /// <summary>As it is without the limit: the control arm, or the trial before it was more than one; with neither, the time before, of which nobody knows what else has changed since.</summary>
    public ArmTruncation Compared => Control.Calls > 0 ? Control : DryRun.Calls > 0 ? DryRun : Before?.Answers ?? default;

    /// <summary>Whether answers end by length clearly more often under the limit: the lower end of the difference's 99 % interval (Newcombe's, of Wilson's scores) is above <see cref="LeastRise"/>.</summary>
    public bool RoseClearly
    {
        get
        {
            if (Treatment.IsTooFew || Compared.IsTooFew) return false;
            var (treated, compared) = ((double)Treatment.Cut / Treatment.Calls, (double)Compared.Cut / Compared.Calls);
            var (low, high) = (Wilson(treated, Treatment.Calls, -1), Wilson(compared, Compared.Calls, 1));
            return treated - compared - Math.Sqrt((treated - low) * (treated - low) + (high - compared) * (high - compared)) > LeastRise;
        }
    }

    private static double Wilson(double share, long calls, int side) =>
        (share + Z * Z / (2 * calls) + side * Z * Math.Sqrt(share * (1 - share) / calls + Z * Z / (4.0 * calls * calls))) / (1 + Z * Z / calls);
}
