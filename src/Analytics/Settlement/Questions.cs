using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Settlement;

/// <summary>A trace that something arrived of, and the time that its spans span as far as that says. Microseconds since 1970-01-01 UTC.</summary>
internal readonly record struct TraceTouch(TenantId Tenant, TraceId Trace, long At, long FirstStart, long LastEnd)
{
    public static TraceTouch Read(DbDataReader row) => new(
        new TenantId((Guid)row.GetValue(0)), ReadTrace(row, 1), Number(row, 2), Number(row, 3), Number(row, 4));

    public static TraceId ReadTrace(DbDataReader row, int column) => TraceId.TryParse(row.GetString(column), out var trace)
        ? trace
        : throw new FormatException("Not a trace id.");

    public static long Number(DbDataReader row, int column) => Convert.ToInt64(row.GetValue(column), CultureInfo.InvariantCulture);
}

/// <summary>What arrived in a stretch of the engine's time, of all tenants.</summary>
internal sealed record TouchedTraces(long From, long To, uint Limit) : IClickHouseQuestion<TraceTouch>, IInstallationWide
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add("from", From).Add("to", To).Add("limit", "UInt32", Limit);

    public TraceTouch Read(DbDataReader row) => TraceTouch.Read(row);
}

internal sealed record LateRoots(long From, long To, long TouchedFrom) : IClickHouseQuestion<TraceTouch>, IInstallationWide
{
    public void Bind(StatementParameters parameters) => parameters.Add("from", From).Add("to", To).Add("touchedFrom", TouchedFrom);

    public TraceTouch Read(DbDataReader row) => TraceTouch.Read(row);
}

internal sealed record FreshTwins(long From, long To, uint MaxTraces) : IClickHouseQuestion<TraceTouch>, IInstallationWide
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add("from", From).Add("to", To).Add("maxTraces", "UInt32", MaxTraces);

    public TraceTouch Read(DbDataReader row) => TraceTouch.Read(row);
}

/// <summary>Some traces of one tenant, and the time in which their reports are looked for.</summary>
internal sealed record TraceSet(TenantId Tenant, IReadOnlyCollection<TraceId> Traces, long From, long To)
{
    public StatementParameters Bind(StatementParameters parameters) => BindTraces(parameters).Add("from", From).Add("to", To);

    public StatementParameters BindTraces(StatementParameters parameters) =>
        parameters.Add(Tenant).Add("traces", "Array(String)", Traces.Select(trace => trace.ToString()).ToArray());
}

internal sealed record TwinsOfTraces(TraceSet Set, uint MaxTraces, uint Limit) : IClickHouseQuestion<TraceTouch>, IUnmetered
{
    public void Bind(StatementParameters parameters) =>
        Set.Bind(parameters).Add("maxTraces", "UInt32", MaxTraces).Add("limit", "UInt32", Limit);

    public TraceTouch Read(DbDataReader row) => TraceTouch.Read(row);
}

internal sealed record LongSpans(TraceSet Set) : IClickHouseQuestion<(TraceId Trace, long FirstStart, long LastEnd)>, IUnmetered
{
    public void Bind(StatementParameters parameters) => Set.BindTraces(parameters);

    public (TraceId Trace, long FirstStart, long LastEnd) Read(DbDataReader row) =>
        (TraceTouch.ReadTrace(row, 0), TraceTouch.Number(row, 1), TraceTouch.Number(row, 2));
}

internal sealed record ReportsOfTraces(TraceSet Set, uint Limit) : IClickHouseQuestion<CallReport>, IUnmetered
{
    public void Bind(StatementParameters parameters) => Set.Bind(parameters).Add("limit", "UInt32", Limit);

    public string Compose(string sql) => sql.Replace("{{columns}}", ReportRow.Columns, StringComparison.Ordinal);

    public CallReport Read(DbDataReader row) => ReportRow.Read(row, Set.Tenant);
}

internal sealed record LinksOfTraces(TraceSet Set, uint Limit) : IClickHouseQuestion<SpanLink>, IUnmetered
{
    private static readonly Tag[] Tags = [Tag.Feature, Tag.User, Tag.Team, Tag.Customer, Tag.Environment, Tag.Session, Tag.Endpoint];

    public void Bind(StatementParameters parameters) => Set.BindTraces(parameters).Add("limit", "UInt32", Limit);

    public SpanLink Read(DbDataReader row)
    {
        var link = new SpanLink
        {
            Tenant = Set.Tenant,
            TraceId = TraceTouch.ReadTrace(row, 0),
            SpanId = new SpanId(Convert.ToUInt64(row.GetValue(1), CultureInfo.InvariantCulture)),
            ParentSpanId = new SpanId(Convert.ToUInt64(row.GetValue(2), CultureInfo.InvariantCulture)),
            StartUnixMicros = TraceTouch.Number(row, 3),
            DurationMicros = Convert.ToUInt64(row.GetValue(4), CultureInfo.InvariantCulture),
            Kind = (SpanKind)row.GetByte(5),
            Name = row.GetString(6),
        };
        for (var i = 0; i < Tags.Length; i++)
            if (row.GetString(7 + i) is { Length: > 0 } value) link.Tags.Set(Tags[i], value, TagLevel.None);
        link.Tags.PackedLevels = Convert.ToUInt32(row.GetValue(7 + Tags.Length), CultureInfo.InvariantCulture);
        return link;
    }
}

/// <summary>The engine's clock, and whether reports arrived after a moment of it, as far as they are visible.</summary>
internal sealed record Arrivals(long From) : IClickHouseQuestion<(long Now, bool HasReports)>, IInstallationWide
{
    public void Bind(StatementParameters parameters) => parameters.Add("from", From);

    public (long Now, bool HasReports) Read(DbDataReader row) => (TraceTouch.Number(row, 0), TraceTouch.Number(row, 1) != 0);
}

/// <summary>The engine's clock, and how far settling has come; null before the first time.</summary>
internal sealed record SettledTo : IClickHouseQuestion<(long Now, long? Settled)>, IInstallationWide
{
    public void Bind(StatementParameters parameters)
    {
    }

    public (long Now, long? Settled) Read(DbDataReader row) =>
        (TraceTouch.Number(row, 0), row.IsDBNull(1) || TraceTouch.Number(row, 1) <= 0 ? null : TraceTouch.Number(row, 1));
}

internal sealed record RememberSettledTo(long To) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => parameters.Add("settledTo", To);
}
