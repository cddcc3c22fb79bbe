namespace FinOps.Domain.Runaway;

/// <summary>By what calls are grouped; the narrowest first, since it says most about whom to ask.</summary>
public enum RunawayDimension : byte
{
    Session = 0,
    User = 1,
    Feature = 2,
    Key = 3,
}

/// <summary>One session, user, feature or key of an organisation.</summary>
public readonly record struct RunawayScope(RunawayDimension Dimension, string Value);

/// <summary>One settled call, as far as detection needs it. What is not known is empty or 0.</summary>
/// <param name="At">When it began.</param>
/// <param name="Duration">Until its answer or its failure.</param>
/// <param name="Cost">USD.</param>
/// <param name="InputTokens">All input, cached or not.</param>
/// <param name="InputHash">Of the input, keyed per organisation.</param>
/// <param name="Failed">The provider did not answer.</param>
/// <param name="Batch">It is an item of a provider's batch job: planned by whoever sent the job.</param>
/// <param name="Unpriced">Its cost is not known; <paramref name="Cost"/> is 0.</param>
public readonly record struct RunawayCall(
    DateTimeOffset At, TimeSpan Duration, string Key, string Feature, string User, string Session, string Model, decimal Cost, long InputTokens, long OutputTokens, ulong InputHash, bool Failed, bool Batch, bool Unpriced = false)
{
    public string Of(RunawayDimension dimension) => dimension switch
    {
        RunawayDimension.Session => Session,
        RunawayDimension.User => User,
        RunawayDimension.Feature => Feature,
        _ => Key,
    };
}

/// <summary>What a scope does in this hour of the week, as the mean of previous weeks.</summary>
/// <param name="Cost">USD an hour.</param>
/// <param name="Calls">An hour.</param>
/// <param name="Tokens">An hour.</param>
public readonly record struct UsualHour(decimal Cost, double Calls, double Tokens)
{
    private static readonly double Windows = TimeSpan.FromHours(1) / RunawayOptions.Window;

    public decimal CostOfWindow => Cost / (decimal)Windows;

    public double CallsOfWindow => Calls / Windows;

    public double TokensOfWindow => Tokens / Windows;

    public decimal CostOfCall => Calls > 0 ? Cost / (decimal)Calls : 0;

    public double TokensOfCall => Calls > 0 ? Tokens / Calls : 0;
}
