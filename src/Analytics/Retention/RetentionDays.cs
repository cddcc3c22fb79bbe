using System.Globalization;

namespace FinOps.Analytics.Retention;

/// <summary>What is kept for how long, as one kind of data.</summary>
public enum RetentionClass
{
    /// <summary>Calls with all that was told of them, operations on vector databases, and outcomes.</summary>
    Calls,

    /// <summary>Places of other spans in their traces.</summary>
    Links,

    /// <summary>What the front door took and refused, quarantined spans included.</summary>
    IngestEvents,

    /// <summary>GPUs, inference servers, vector databases, buckets.</summary>
    ResourceSamples,

    /// <summary>Sums of calls by quarter hour, hour and day.</summary>
    Sums,

    /// <summary>Prompts and answers, where projects have opted in.</summary>
    CallSamples,
}

/// <summary>Days for which each class is kept.</summary>
public sealed record RetentionDays(int Calls, int Links, int IngestEvents, int ResourceSamples, int Sums, int CallSamples)
{
    /// <summary>The least and the most that each class can be set to. The most of links, ingest events and both kinds of samples is the TTL of their tables.</summary>
    public static readonly IReadOnlyDictionary<RetentionClass, (int Least, int Most)> Limits = new Dictionary<RetentionClass, (int Least, int Most)>
    {
        [RetentionClass.Calls] = (7, 3_650),
        [RetentionClass.Links] = (1, 3),
        [RetentionClass.IngestEvents] = (7, 90),
        [RetentionClass.ResourceSamples] = (7, 400),
        [RetentionClass.Sums] = (7, 3_650),
        [RetentionClass.CallSamples] = (1, 90),
    };

    public int this[RetentionClass kept] => kept switch
    {
        RetentionClass.Calls => Calls,
        RetentionClass.Links => Links,
        RetentionClass.IngestEvents => IngestEvents,
        RetentionClass.ResourceSamples => ResourceSamples,
        RetentionClass.CallSamples => CallSamples,
        _ => Sums,
    };

    /// <summary>The same with another number of days for one class.</summary>
    public RetentionDays With(RetentionClass kept, int days) => kept switch
    {
        RetentionClass.Calls => this with { Calls = days },
        RetentionClass.Links => this with { Links = days },
        RetentionClass.IngestEvents => this with { IngestEvents = days },
        RetentionClass.ResourceSamples => this with { ResourceSamples = days },
        RetentionClass.CallSamples => this with { CallSamples = days },
        _ => this with { Sums = days },
    };

    /// <summary>Rows from before this instant are removed. The start of a day of UTC, so that deletions come once a day and days go whole. A sample goes with its call at the latest.</summary>
    public DateTimeOffset CutOff(RetentionClass kept, DateTimeOffset now)
    {
        var days = kept == RetentionClass.CallSamples ? Math.Min(CallSamples, Calls) : this[kept];
        return new DateTimeOffset(now.UtcDateTime.Date.AddDays(-days), TimeSpan.Zero);
    }

    /// <summary>What is wrong with it, for people; null when it can be used.</summary>
    public string? FindProblem()
    {
        foreach (var (kept, (least, most)) in Limits)
        {
            if (this[kept] < least || this[kept] > most)
                return string.Create(CultureInfo.InvariantCulture, $"{Name(kept)} are kept for {least} to {most} days, not for {this[kept]}.");
        }

        return Sums < Calls ? "Sums are kept at least as long as the calls that they sum up." : null;
    }

    public static string Name(RetentionClass kept) => kept switch
    {
        RetentionClass.Calls => "Calls",
        RetentionClass.Links => "Places in traces",
        RetentionClass.IngestEvents => "Ingest events",
        RetentionClass.ResourceSamples => "Resource samples",
        RetentionClass.CallSamples => "Samples of prompts and answers",
        _ => "Sums",
    };
}
