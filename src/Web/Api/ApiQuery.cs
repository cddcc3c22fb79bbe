using System.Globalization;
using FinOps.Analytics.Spend;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary>What is wrong with a request: the parameter, why, and what would be right. Becomes a 400.</summary>
internal sealed record ApiProblem(string Parameter, string Detail, IReadOnlyList<string>? Allowed = null)
{
    public ProblemHttpResult ToResult()
    {
        var extensions = new Dictionary<string, object?> { ["parameter"] = Parameter };
        if (Allowed is not null) extensions["allowed"] = Allowed;
        return TypedResults.Problem(title: "Bad request", detail: Detail, statusCode: StatusCodes.Status400BadRequest, extensions: extensions);
    }
}

/// <summary>Reads the query string of one request strictly. The first mistake is kept; what is read after it does not matter.</summary>
internal sealed class ApiQuery(IQueryCollection query, DateTimeOffset now)
{
    private static readonly TimeSpan DefaultRange = TimeSpan.FromDays(30);

    private static readonly string[] InstantFormats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public ApiProblem? Problem { get; private set; }

    public void Refuse(string parameter, string detail, IReadOnlyList<string>? allowed = null) => Problem ??= new ApiProblem(parameter, detail, allowed);

    /// <summary>A misspelt filter must not silently answer for everything.</summary>
    public void RequireKnown(IEnumerable<ApiParameter> parameters)
    {
        var known = parameters.Select(parameter => parameter.Name).ToList();
        foreach (var name in query.Keys.Where(name => !known.Contains(name, StringComparer.Ordinal)))
            Refuse(name, $"There is no parameter \"{name}\". There are: {string.Join(", ", known)}.", known);
    }

    public string? Single(string name)
    {
        if (!query.TryGetValue(name, out var values) || values.Count == 0) return null;
        if (values.Count > 1) Refuse(name, $"\"{name}\" may stand once only.");
        return values[0] ?? "";
    }

    public TimeZoneInfo TimeZone()
    {
        var name = Single(ApiParameter.TimeZone.Name);
        if (name is null) return TimeZoneInfo.Utc;
        if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)) return zone;
        Refuse(ApiParameter.TimeZone.Name, $"\"{name}\" is not the IANA name of a time zone, for example Europe/Berlin.");
        return TimeZoneInfo.Utc;
    }

    public TimeRange Range(TimeZoneInfo zone)
    {
        var to = Instant(ApiParameter.To.Name, zone) ?? now;
        var from = Instant(ApiParameter.From.Name, zone) ?? to - DefaultRange;
        if (from >= to) Refuse(ApiParameter.From.Name, "\"from\" must be before \"to\".");
        return new TimeRange(from, to);
    }

    public SpendFilter Filter()
    {
        var filter = SpendFilter.None;
        foreach (var dimension in Dimensions.Filterable)
        {
            if (!query.TryGetValue(dimension.Name(), out var values) || values.Count == 0) continue;
            filter = filter.And(dimension, [.. values.Select(value => Value(dimension, value ?? ""))]);
        }

        return filter;
    }

    public IReadOnlyList<Dimension> GroupBy()
    {
        var dimensions = new List<Dimension>();
        foreach (var name in (Single(ApiParameter.GroupBy.Name) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Dimensions.TryParse(name, out var dimension) && Dimensions.Groupable.Contains(dimension))
            {
                if (!dimensions.Contains(dimension)) dimensions.Add(dimension);
            }
            else
            {
                Refuse(ApiParameter.GroupBy.Name, $"Calls cannot be grouped by \"{name}\", only by: {string.Join(", ", ApiParameter.GroupBy.Allowed!)}.", ApiParameter.GroupBy.Allowed);
            }
        }

        return dimensions;
    }

    /// <summary>One of a parameter's allowed words, or its first where it is absent.</summary>
    public string Word(ApiParameter parameter)
    {
        var word = Single(parameter.Name);
        if (word is null) return parameter.Allowed![0];
        if (!parameter.Allowed!.Contains(word, StringComparer.Ordinal))
            Refuse(parameter.Name, $"\"{parameter.Name}\" must be one of: {string.Join(", ", parameter.Allowed!)}.", parameter.Allowed);
        return word;
    }

    public int Number(string name, int fallback, int most)
    {
        var text = Single(name);
        if (text is null) return fallback;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most) return number;
        Refuse(name, string.Create(CultureInfo.InvariantCulture, $"\"{name}\" must be a whole number from 1 to {most}."));
        return fallback;
    }

    /// <summary>An RFC 3339 instant; a date alone is its midnight in UTC. Null where it is absent.</summary>
    public DateTimeOffset? Instant(string name) => Instant(name, TimeZoneInfo.Utc);

    private string Value(Dimension dimension, string value)
    {
        if (dimension != Dimension.Project) return value;
        if (Guid.TryParse(value, CultureInfo.InvariantCulture, out var id)) return id.ToString();
        Refuse(dimension.Name(), $"\"{value}\" is not a project's id.");
        return value;
    }

    private DateTimeOffset? Instant(string name, TimeZoneInfo zone)
    {
        if (Single(name) is not { } text) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return Midnight(day, zone);

        // RFC 3339 allows lower case, and a plus sign that was not escaped arrives as a space.
        var told = text.ToUpperInvariant().Replace(' ', '+');
        var hasOffset = told.EndsWith('Z') || (told.Length > 6 && told[^6] is '+' or '-' && told[^3] == ':');
        if (hasOffset && DateTimeOffset.TryParseExact(told, InstantFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)) return instant;
        Refuse(name, $"\"{text}\" is not an RFC 3339 date and time, for example 2026-11-22T14:05:00Z.");
        return null;
    }

    private static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var noon = new DateTimeOffset(day.ToDateTime(new TimeOnly(12, 0)), zone.GetUtcOffset(day.ToDateTime(new TimeOnly(12, 0))));
        return Periods.Of(new TimeRange(noon, noon.AddTicks(1)), Granularity.Day, zone)[0];
    }
}
