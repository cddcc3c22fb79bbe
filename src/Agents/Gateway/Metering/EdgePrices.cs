using System.Reflection;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Gateway.Metering;

/// <summary>
/// What a call costs, for <c>x-finops-cost</c> and for limits of money: by the dated list of prices in the program, and by what the bundle says beside it. It is the code that rates in ingest, whose figure is the one that counts.
/// </summary>
internal sealed class EdgePrices
{
    private readonly Func<ProjectId> _project;
    private State _state;

    /// <param name="project">Whose calls these are, for prices that were negotiated for one project; the default where it is not known.</param>
    public EdgePrices(Func<ProjectId>? project = null)
    {
        _project = project ?? (static () => default);
        // The list takes some tens of milliseconds and some megabytes, which a start does without.
        _state = new State(null, null, new Lazy<PriceSnapshot>(static () => PriceSnapshot.Create(Load())));
    }

    private sealed record State(PriceOverlay? Beside, PriceSnapshot? Whole, Lazy<PriceSnapshot> Prices);

    [ThreadStatic]
    private static CallReport? _report;

    /// <summary>Reads the list now, so that no call waits for it.</summary>
    public void Warm() => _ = Volatile.Read(ref _state).Prices.Value;

    /// <summary>From now on by this bundle's prices. Who calls it waits for them, not the calls.</summary>
    /// <param name="beside">What lies over the dated list; null: nothing.</param>
    /// <param name="whole">A list in its place; null: none.</param>
    public void Use(PriceOverlay? beside, PriceSnapshot? whole)
    {
        var before = Volatile.Read(ref _state);
        if (whole is null && before.Whole is null && (beside is null ? before.Beside is null : before.Beside is { } same && beside.ToJson().AsSpan().SequenceEqual(same.ToJson()))) return;
        var next = new State(beside, whole, new Lazy<PriceSnapshot>(() => whole ?? beside?.Over(Load()) ?? PriceSnapshot.Create(Load())));
        // One that rates already goes on until the next is ready; before the first call there is nothing to wait for.
        if (before.Prices.IsValueCreated) _ = next.Prices.Value;
        Volatile.Write(ref _state, next);
    }

    /// <summary>USD, or null where the price or the usage is not known.</summary>
    public decimal? Cost(in PricedCall call)
    {
        var report = _report ??= new CallReport();
        report.Clear();
        report.Provider = call.Provider;
        report.ServedModel = call.ServedModel;
        report.RequestedModel = call.RequestedModel;
        report.ServedTier = call.ServiceTier;
        report.RequestedTier = call.RequestedTier;
        report.Region = call.Geography;
        report.StartUnixMicros = call.StartUnixMicros;
        report.Usage = call.Usage;
        report.Batch = call.Batch;
        report.UsageSource = call.Source;
        report.Project = _project();
        Volatile.Read(ref _state).Prices.Value.Rate(report);
        return (report.Flags & CallFlags.Unpriced) != 0 ? null : report.Cost;
    }

    private static PriceCatalogue Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("prices/catalogue.json") ?? throw new InvalidOperationException("The program has no list of prices in it.");
        var json = new byte[stream.Length];
        stream.ReadExactly(json);
        return PriceCatalogue.Parse(json);
    }
}

/// <param name="StartUnixMicros">Prices are looked up at this instant.</param>
internal readonly record struct PricedCall(
    string Provider, string RequestedModel, string ServedModel, string RequestedTier, string ServiceTier, string Geography, long StartUnixMicros, UsageVector Usage, UsageSource Source, bool Batch);
