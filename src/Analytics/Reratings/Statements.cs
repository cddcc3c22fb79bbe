using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Settlement;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Reratings;

/// <summary>A quarter hour with calls: its start in Unix seconds, and how often it was written to.</summary>
internal readonly record struct CellToRerate(uint Start, long Writes);

/// <summary>A part of one re-rating, microseconds since 1970-01-01 UTC, half-open.</summary>
internal readonly record struct ReratingSlice(TenantId Tenant, Guid Rerating, long From, long To)
{
    private const string Text = "start_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')";

    public static ReratingSlice Whole(Rerating run) => new(new TenantId(run.TenantId), run.Id, CellRanges.Micros(run.From), CellRanges.Micros(run.To));

    public StatementParameters Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).Add("rerating", "UUID", Rerating).Add("from", From).Add("to", To);

    public static string Compose(string sql) => sql.Replace("{{slice}}", Text, StringComparison.Ordinal);
}

internal sealed record CellsToRerate(TenantId Tenant, long FromMicros, long ToMicros) : IClickHouseQuestion<CellToRerate>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("from", FromMicros).Add("to", ToMicros);

    public CellToRerate Read(DbDataReader row) => new(Convert.ToUInt32(row.GetValue(0), CultureInfo.InvariantCulture), CallRowColumns.Number(row, 1));
}

/// <summary>The calls of a slice, each with what its cost goes by. Not metered: a job asks.</summary>
internal sealed record RateableCalls(ReratingSlice Slice, string? Provider, string? Model, long BookVersion) : IClickHouseQuestion<CallReport>, IUnmetered
{
    private readonly Dictionary<string, string> _words = new(StringComparer.Ordinal);

    public string Compose(string sql) => sql.Replace(
        "{{conditions}}", (Provider is null ? "" : "AND provider = {provider:String} ") + (Model is null ? "" : "AND model = {model:String}"), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters)
    {
        Slice.Bind(parameters).Add("bookVersion", BookVersion);
        if (Provider is not null) parameters.Add("provider", Provider);
        if (Model is not null) parameters.Add("model", Model);
    }

    public CallReport Read(DbDataReader row)
    {
        var report = new CallReport
        {
            Tenant = Slice.Tenant,
            Project = new ProjectId((Guid)row.GetValue(34)),
            TraceId = new TraceId((ulong)row.GetValue(0), (ulong)row.GetValue(1)),
            SpanId = new SpanId((ulong)row.GetValue(2)),
            StartUnixMicros = (long)row.GetValue(3),
            Provider = Word(row, 4),
            Region = Word(row, 5),
            RequestedModel = Word(row, 6),
            ServedModel = Word(row, 7),
            RequestedTier = Word(row, 8),
            ServedTier = Word(row, 9),
            Variant = Word(row, 10),
            Batch = (byte)row.GetValue(11) != 0,
            Status = (CallStatus)(sbyte)row.GetValue(12),
            UsageSource = (UsageSource)(sbyte)row.GetValue(13),
            Told = (UsageParts)(ushort)row.GetValue(14),
            Flags = (CallFlags)(uint)row.GetValue(15),
            Usage = new UsageVector
            {
                InputFresh = (uint)row.GetValue(16),
                CacheRead = (uint)row.GetValue(17),
                CacheWrite5m = (uint)row.GetValue(18),
                CacheWrite1h = (uint)row.GetValue(19),
                OutputText = (uint)row.GetValue(20),
                OutputReasoning = (uint)row.GetValue(21),
                InputAudio = (uint)row.GetValue(22),
                OutputAudio = (uint)row.GetValue(23),
                InputImage = (uint)row.GetValue(24),
                OutputImage = (uint)row.GetValue(25),
                WebSearches = (uint)row.GetValue(26),
                GpuMilliseconds = (uint)row.GetValue(27),
            },
            Cost = CallRowColumns.Money(row.GetString(30)),
            PriceId = (long)row.GetValue(31),
            BookVersion = (long)row.GetValue(32),
            Version = (ulong)row.GetValue(33),
        };
        if (row.GetString(28) is { Length: > 0 } other) ReadOther(ref report.Usage, other);
        report.Tags.Set(Tag.Feature, Word(row, 29), TagLevel.None);
        return report;
    }

    private static void ReadOther(ref UsageVector usage, string parts)
    {
        foreach (var part in parts.Split(','))
        {
            var equals = part.LastIndexOf('=');
            OtherUsage.Set(ref usage, part[..equals], uint.Parse(part.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture));
        }

        // The column counts all cached tokens; in the vector no token stands in two parts.
        usage.CacheRead -= Math.Min(usage.CacheRead, usage.CacheReadAudio + usage.CacheReadImage);
    }

    /// <summary>Each spelling once: a slice has few, and rating finds an equal string fastest when it is the same one.</summary>
    private string Word(DbDataReader row, int column)
    {
        var read = row.GetString(column);
        if (read.Length == 0) return "";
        if (_words.TryGetValue(read, out var known)) return known;
        _words.Add(read, read);
        return read;
    }
}

internal sealed record ApplyRerating(ReratingSlice Slice) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => Slice.Bind(parameters);

    public string Compose(string sql) => RewrittenCalls.Compose(sql, "new", "seen_version + 1");
}

internal sealed record RevertRerating(ReratingSlice Slice) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => Slice.Bind(parameters);

    public string Compose(string sql) => RewrittenCalls.Compose(sql, "old", "version + 1");
}

internal sealed record MovedCalls(ReratingSlice Slice, long BookVersion, int Limit) : IClickHouseQuestion<CallReport>, IUnmetered
{
    public string Compose(string sql) => ReratingSlice.Compose(sql.Replace("{{columns}}", ReportRow.Columns, StringComparison.Ordinal));

    public void Bind(StatementParameters parameters) => Slice.Bind(parameters).Add("bookVersion", BookVersion).Add("limit", "UInt32", Limit);

    public CallReport Read(DbDataReader row) => ReportRow.Read(row, Slice.Tenant);
}

/// <summary>The columns of <c>calls</c> as a re-rating writes them: those of the price from what it found, all others as they are.</summary>
internal static class RewrittenCalls
{
    private static readonly string Columns = new CallBlock().ColumnList;

    public static string Compose(string sql, string which, string version)
    {
        var values = string.Join(", ", Columns.Split(", ").Select(column => column switch
        {
            "provider" or "cost" or "flags" or "price_id" or "book_version" => $"{which}_{column}",
            "version" => version,
            _ => column,
        }));
        return ReratingSlice.Compose(sql
            .Replace("{{columns}}", Columns, StringComparison.Ordinal)
            .Replace("{{values}}", values, StringComparison.Ordinal));
    }
}

/// <summary>What a re-rating's difference is told by.</summary>
public enum ReratingGroup
{
    Model,
    Feature,

    /// <summary>Of UTC, in order.</summary>
    Day,
}

/// <param name="Name">The model, feature or day; empty where calls tell none.</param>
/// <param name="Calls">Calls that change.</param>
/// <param name="OldCost">What they cost, USD.</param>
/// <param name="NewCost">What they would cost, or cost since it was applied.</param>
/// <param name="PricedCalls">Of them those that had no price and get one.</param>
/// <param name="UnpricedCalls">Of them those that lose theirs.</param>
public sealed record ReratingDifference(string Name, long Calls, decimal OldCost, decimal NewCost, long PricedCalls, long UnpricedCalls);

internal sealed record ReratingDifferences(ReratingSlice Slice, ReratingGroup Group, int Limit) : IClickHouseQuestion<ReratingDifference>
{
    public string Compose(string sql) => ReratingSlice.Compose(sql
        .Replace("{{name}}", Group switch { ReratingGroup.Model => "toString(model)", ReratingGroup.Feature => "toString(feature)", _ => "toString(toDate(start_time, 'UTC'))" }, StringComparison.Ordinal)
        .Replace("{{order}}", Group == ReratingGroup.Day ? "name" : "abs(new_sum - old_sum) DESC, changed DESC, name", StringComparison.Ordinal));

    public void Bind(StatementParameters parameters) =>
        Slice.Bind(parameters).Add("unpriced", "UInt32", (uint)CallFlags.Unpriced).Add("limit", "UInt32", Limit);

    public ReratingDifference Read(DbDataReader row) => new(
        row.GetString(0), CallRowColumns.Number(row, 1), SpendMeasures.ReadMoney(row, 2), SpendMeasures.ReadMoney(row, 3), CallRowColumns.Number(row, 4), CallRowColumns.Number(row, 5));
}

/// <summary>What re-ratings found for one call, in the order of the books.</summary>
internal sealed record CostHistory(TenantId Tenant, long StartMicros, CallId Call, int Limit) : IClickHouseQuestion<CostHistoryRow>
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("start", StartMicros)
        .Add("trace", Call.Trace.ToString()).Add("span", Call.Span.Value).Add("limit", "UInt32", Limit);

    public CostHistoryRow Read(DbDataReader row) => new(
        (Guid)row.GetValue(0), Cost(row, 1, 3), Cost(row, 2, 4), CallRowColumns.Number(row, 5), CallRowColumns.Number(row, 6));

    private static decimal? Cost(DbDataReader row, int cost, int flags) =>
        ((CallFlags)CallRowColumns.Number(row, flags)).HasFlag(CallFlags.Unpriced) ? null : CallRowColumns.Money(row.GetString(cost));
}

internal readonly record struct CostHistoryRow(Guid Rerating, decimal? OldCost, decimal? NewCost, long OldBook, long NewBook);
