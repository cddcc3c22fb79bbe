using FinOps.Analytics.Outcomes;
using FinOps.Domain.Outcomes;

namespace FinOps.Web.Features.Units;

/// <summary>What a person fills in to define an outcome.</summary>
internal sealed class OutcomeForm
{
    public string Name { get; set; } = "";

    public OutcomeSource Source { get; set; } = OutcomeSource.SpanAttribute;

    public string Key { get; set; } = "";

    public string EventAttribute { get; set; } = "";

    /// <summary>Separated by commas, as all lists here.</summary>
    public string SuccessValues { get; set; } = "";

    public string FailureValues { get; set; } = "";

    public string ValueKey { get; set; } = "";

    public string Features { get; set; } = "";

    public IReadOnlyList<string> FeatureList => List(Features);

    public OutcomeRule ToRule(Guid id)
    {
        var told = Source == OutcomeSource.Told;
        return new OutcomeRule(id, Name.Trim(), Source)
        {
            Key = told ? "" : Key.Trim(),
            EventAttribute = IsEvent(Source) ? EventAttribute.Trim() : "",
            SuccessValues = told ? [] : List(SuccessValues),
            FailureValues = told ? [] : List(FailureValues),
            ValueKey = told ? "" : ValueKey.Trim(),
        };
    }

    /// <summary>It happens, so that it may be a success by itself.</summary>
    public static bool IsEvent(OutcomeSource source) => source is OutcomeSource.SpanEvent or OutcomeSource.LogEvent;

    /// <summary>How a definition is told, in words.</summary>
    public static string ToldBy(OutcomeDefinition row) => row.Source switch
    {
        OutcomeSource.SpanAttribute => $"attribute {row.Key}",
        OutcomeSource.SpanEvent => row.EventAttribute.Length == 0 ? $"event {row.Key}" : $"event {row.Key}, {row.EventAttribute}",
        OutcomeSource.LogEvent => row.EventAttribute.Length == 0 ? $"log {row.Key}" : $"log {row.Key}, {row.EventAttribute}",
        _ => "REST",
    };

    /// <summary>When it is a success, in words.</summary>
    public static string Means(OutcomeDefinition row) => row switch
    {
        { Source: OutcomeSource.Told } => "as told",
        { SuccessValues.Length: > 0, FailureValues.Length: > 0 } => $"{string.Join(" or ", row.SuccessValues)}; a failure with {string.Join(" or ", row.FailureValues)}",
        { SuccessValues.Length: > 0 } => $"{string.Join(" or ", row.SuccessValues)}; else a failure",
        { FailureValues.Length: > 0 } => $"all but {string.Join(" and ", row.FailureValues)}",
        { EventAttribute: "" } when IsEvent(row.Source) => "always",
        _ => "unless empty, 0, false or no",
    };

    private static IReadOnlyList<string> List(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal)];
}
