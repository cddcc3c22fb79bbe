using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Lines;

/// <summary>
/// The calls of a stretch of time, with what rating goes by and nothing else. Each row is the same report filled anew: take what is needed of it before the next.
/// </summary>
internal sealed record LineCalls(ReadScope Scope, long FromMicros, long ToMicros, IReadOnlyList<Tag> Tags) : IClickHouseQuestion<CallReport>
{
    private readonly CallReport _report = new() { Tenant = Scope.Tenant };

    public string Compose(string sql) => sql
        .Replace("{{tags}}", string.Concat(Tags.Select(tag => ", " + Column(tag))), StringComparison.Ordinal)
        .Replace("{{scope}}", Scope.IsWhole ? "" : $"AND {ScopeCondition.Text}", StringComparison.Ordinal);

    public void Bind(StatementParameters parameters) => parameters.Add(Scope).Add("from", FromMicros).Add("to", ToMicros);

    public CallReport Read(DbDataReader row)
    {
        var report = _report;
        report.Project = new ProjectId((Guid)row.GetValue(0));
        report.StartUnixMicros = (long)Number(row, 1);
        report.Provider = row.GetString(2);
        report.Region = row.GetString(3);
        report.RequestedModel = row.GetString(4);
        report.ServedModel = row.GetString(5);
        report.RequestedTier = row.GetString(6);
        report.ServedTier = row.GetString(7);
        report.Variant = row.GetString(8);
        report.Batch = Number(row, 9) != 0;
        report.Status = (CallStatus)Number(row, 10);
        report.Usage = new UsageVector
        {
            InputFresh = Tokens(row, 11),
            CacheRead = Tokens(row, 12),
            CacheWrite5m = Tokens(row, 13),
            CacheWrite1h = Tokens(row, 14),
            OutputText = Tokens(row, 15),
            OutputReasoning = Tokens(row, 16),
            InputAudio = Tokens(row, 17),
            OutputAudio = Tokens(row, 18),
            InputImage = Tokens(row, 19),
            OutputImage = Tokens(row, 20),
            WebSearches = Tokens(row, 21),
            GpuMilliseconds = Tokens(row, 22),
        };
        ReadOther(ref report.Usage, (string[])row.GetValue(23), (uint[])row.GetValue(24));
        report.Told = (UsageParts)Number(row, 25);
        report.UsageSource = (UsageSource)Number(row, 26);
        report.Flags = (CallFlags)Number(row, 27);
        report.Cost = decimal.Parse(row.GetString(28), NumberStyles.Number, CultureInfo.InvariantCulture);
        report.BookVersion = (long)row.GetValue(29);
        for (var i = 0; i < Tags.Count; i++) report.Tags.Set(Tags[i], row.GetString(30 + i), TagLevel.None);
        return report;
    }

    private static void ReadOther(ref UsageVector usage, string[] names, uint[] quantities)
    {
        for (var i = 0; i < names.Length; i++) OtherUsage.Set(ref usage, names[i], quantities[i]);
        // The column counts all cached tokens; in the vector no token stands in two parts.
        usage.CacheRead -= Math.Min(usage.CacheRead, usage.CacheReadAudio + usage.CacheReadImage);
    }

    private static ulong Number(DbDataReader row, int column) => Convert.ToUInt64(row.GetValue(column), CultureInfo.InvariantCulture);

    private static uint Tokens(DbDataReader row, int column) => (uint)row.GetValue(column);

    private static string Column(Tag tag) => tag switch
    {
        Tag.Feature => "feature",
        Tag.User => "user",
        Tag.Team => "team",
        Tag.Customer => "customer",
        Tag.Environment => "environment",
        Tag.Service => "service",
        Tag.Session => "session",
        Tag.Endpoint => "endpoint",
        _ => throw new ArgumentOutOfRangeException(nameof(tag), tag, null),
    };
}
