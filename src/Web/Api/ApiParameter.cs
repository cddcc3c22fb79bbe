using FinOps.Analytics.Spend;

namespace FinOps.Web.Api;

/// <summary>A query parameter: the one list behind the check of unknown names, the OpenAPI document and its examples.</summary>
internal sealed record ApiParameter(string Name, string Description, string? Example = null, bool Repeatable = false, IReadOnlyList<string>? Allowed = null)
{
    public static readonly ApiParameter From = new(
        "from", "Start of the range, RFC 3339, belongs to it. Default: 30 days before `to`. A date alone is its midnight in `timeZone`.", "2026-11-01T00:00:00Z");

    public static readonly ApiParameter To = new(
        "to", "End of the range, RFC 3339, does not belong to it. Default: now. May lie in the future.", "2026-12-01T00:00:00Z");

    public static readonly ApiParameter TimeZone = new("timeZone", "IANA name of the zone that cuts hours, days and months. Default: UTC.", "Europe/Berlin");

    public static readonly ApiParameter Granularity = new(
        "granularity", "Length of a period. Default: total, the whole range in one.", "day", Allowed: ["total", "hour", "day", "month"]);

    public static readonly ApiParameter GroupBy = new(
        "groupBy", "Dimensions to divide by, separated by commas.", "feature,model", Allowed: [.. Dimensions.Groupable.Select(dimension => dimension.Name())]);

    /// <summary>One for each dimension.</summary>
    public static IEnumerable<ApiParameter> Filters { get; } =
        [.. Dimensions.Filterable.Select(dimension => new ApiParameter(dimension.Name(), Describe(dimension), Repeatable: true))];

    private static string Describe(Dimension dimension)
    {
        var what = dimension switch
        {
            Dimension.Model => "the served model exactly as reported, else the requested one",
            Dimension.Endpoint => "`http.route`, else the name, of the nearest SERVER ancestor span",
            Dimension.Project => "a project's id",
            Dimension.Session => "a session's id (filter only)",
            _ => dimension.Name(),
        };
        return $"Only calls with this value: {what}. Repeat the parameter for any of several values; an empty value means that calls do not tell it.";
    }
}
