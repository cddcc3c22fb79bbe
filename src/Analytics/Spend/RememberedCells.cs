using System.Diagnostics.Metrics;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Caching.Memory;

namespace FinOps.Analytics.Spend;

/// <summary>
/// What the cells of a tenant looked like when it last asked for as long a range: enough to ask for the rows while the cells are looked at anew, never enough to believe the answer.
/// </summary>
internal sealed class RememberedCells
{
    /// <summary>Cells and days remembered of all tenants together, 24 bytes each. Those that were asked for least recently make room.</summary>
    public const int MaxRemembered = 1_000_000;

    /// <summary>Between two questions the end of a range moves on; cells beyond what is remembered are as good as unknown.</summary>
    public static readonly TimeSpan MostMoved = TimeSpan.FromMinutes(15);

    private static readonly Meter Figures = new("FinOps.Spend");
    private static readonly Counter<long> Foreseen = Figures.CreateCounter<long>(
        "finops.spend.foreseen", description: "Questions whose rows were asked for before their cells were known, by whether the cells were as remembered");

    private static readonly KeyValuePair<string, object?> Held = new("held", true);
    private static readonly KeyValuePair<string, object?> Missed = new("held", false);

    private readonly IMemoryCache _states = new MemoryCache(new MemoryCacheOptions { SizeLimit = MaxRemembered });

    /// <summary>Null where nothing is known of nearly this range.</summary>
    public CellState? Of(TenantId tenant, TimeRange range) =>
        _states.TryGetValue(KeyOf(tenant, range), out Remembered? known) && Moved(known!.Range.From, range.From) && Moved(known.Range.To, range.To) ? known.State : null;

    public void Remember(TenantId tenant, TimeRange range, CellState state) => _states.Set(
        KeyOf(tenant, range), new Remembered(range, state),
        new MemoryCacheEntryOptions { Size = 1 + state.Pending.Count + state.BuiltCells.Count + state.BuiltDays.Count });

    public static void Count(bool held) => Foreseen.Add(1, held ? Held : Missed);

    private static bool Moved(DateTimeOffset before, DateTimeOffset now) => now >= before && now - before <= MostMoved;

    private static Key KeyOf(TenantId tenant, TimeRange range) => new(tenant, (long)Math.Round((range.To - range.From).TotalMinutes / 15));

    private readonly record struct Key(TenantId Tenant, long Quarters);

    private sealed record Remembered(TimeRange Range, CellState State);
}
