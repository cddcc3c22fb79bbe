using System.Globalization;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.Spend;
using FinOps.Domain.Allocation;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Gpus;

/// <summary>What GPUs did and cost, for whom, and what the same tokens cost at an API.</summary>
public sealed class GpusPageModel(GpuReader gpus, IPriceSource prices, TimeProvider time)
{
    /// <summary>Rows of the list of owners; the rest is in the REST answer.</summary>
    public const int MaxOwners = 50;

    /// <summary>A model of the list to compare with, where the reader has chosen none.</summary>
    public const string DefaultComparison = "openai/gpt-5-mini";

    /// <summary>Tokens of the call that a comparison rates: short enough for every model's first price.</summary>
    private const uint ComparedTokens = 10_000;

    public sealed record Course(TimeSpan Period, IReadOnlyList<GpuPeriod> Rows);

    public sealed record OwnServers(IReadOnlyList<GpuModel> Rows);

    /// <summary>One line of the list of owners: what it is, what it cost, and why nobody owns it.</summary>
    public sealed record OwnerRow(string Name, string Note, decimal Cost, bool IsEstimated, bool IsOwner);

    public sealed record Advice(UnallocatedReason Reason, decimal Cost, string What, string How);

    public Loaded<GpuAnswer> Devices { get; } = new();
    public Loaded<Course> Periods { get; } = new();
    public Loaded<GpuCostsAnswer> Costs { get; } = new();
    public Loaded<OwnServers> Served { get; } = new();

    public GpuDimension By { get; private set; }

    /// <summary>Idle time is carried by those who used its quarter hour.</summary>
    public bool WithIdle { get; private set; }

    public string Comparison { get; private set; } = DefaultComparison;
    public TimeRange Shown { get; private set; }

    public Task LoadAsync(TenantId tenant, ViewAddress address, TimeZoneInfo zone, Asking asking)
    {
        Shown = address.Range(time.GetUtcNow(), zone);
        By = Enum.TryParse<GpuDimension>(address.Get("by"), ignoreCase: true, out var by) && Enum.IsDefined(by) ? by : GpuDimension.Feature;
        WithIdle = address.Get("basis") == "allocation";
        Comparison = address.Get("compareModel") ?? DefaultComparison;
        var question = new GpuQuestion(tenant, Shown);
        return Task.WhenAll(
            Devices.LoadAsync(token => gpus.AskAsync(question, token), asking),
            Periods.LoadAsync(async token => await gpus.CourseAsync(question, token) is var (period, rows) ? new Course(period, rows) : throw new InvalidOperationException(), asking),
            Costs.LoadAsync(token => gpus.CostsAsync(question, By, token), asking),
            Served.LoadAsync(async token => new OwnServers(await gpus.ModelsAsync(question, token)), asking));
    }

    public IReadOnlyList<GpuPeriod> CourseOf(GpuDevice device) =>
        Periods.Value is { } course ? [.. course.Rows.Where(row => row.Host == device.Host && row.Device == device.Device && row.Slice == device.Slice)] : [];

    public decimal CostOf(GpuCost row) => WithIdle ? row.AllocationCost : row.UsageCost;

    /// <summary>Owners first, the most expensive of them first; then what nobody owns. Together they are the whole money.</summary>
    public IReadOnlyList<OwnerRow> Owners()
    {
        if (Costs.Value is not { } costs) return [];
        var owners = costs.Rows.Where(IsOwned).GroupBy(row => row.Group)
            .Select(group => new OwnerRow(group.Key.Length > 0 ? group.Key : "(not told)", WastedOf(group), group.Sum(CostOf), group.Any(row => row.IsEstimated), true))
            .OrderByDescending(row => row.Cost).ThenBy(row => row.Name, StringComparer.Ordinal).ToList();
        var shown = owners.Take(MaxOwners).ToList();
        if (owners.Count > MaxOwners) shown.Add(new OwnerRow($"{owners.Count - MaxOwners} others", "", owners.Skip(MaxOwners).Sum(row => row.Cost), owners.Skip(MaxOwners).Any(row => row.IsEstimated), true));
        var rest = costs.Rows.Where(row => !IsOwned(row)).GroupBy(row => (row.Kind == CostLineKind.Idle, row.Reason)).Select(group => new OwnerRow(
            group.Key.Item1 ? "Idle" : "Unallocated", group.Key.Item1 ? "paid, and nothing ran" : What(group.Key.Reason), group.Sum(CostOf), group.Any(row => row.IsEstimated), false));
        return [.. shown, .. rest.Where(row => row.Cost > 0).OrderByDescending(row => row.Cost)];
    }

    /// <summary>What has no owner, and what to do about it; the most money first.</summary>
    public IReadOnlyList<Advice> Missing() => Costs.Value is not { } costs ? [] :
        [.. costs.Rows.Where(row => row.Kind != CostLineKind.Idle && row.Reason != UnallocatedReason.None).GroupBy(row => row.Reason)
            .Select(group => new Advice(group.Key, group.Sum(row => row.UsageCost), What(group.Key), How(group.Key))).OrderByDescending(advice => advice.Cost)];

    /// <summary>USD per million tokens in the same mix of read and written, by the price list of today; null where the list has no such model.</summary>
    public decimal? ComparedPerMillion(TenantId tenant, GpuModel model)
    {
        var slash = Comparison.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || model.Tokens < 1) return null;
        var read = (uint)Math.Round(ComparedTokens * (model.PromptTokens / model.Tokens));
        var call = new CallReport
        {
            Provider = Comparison[..slash],
            RequestedModel = Comparison[(slash + 1)..],
            StartUnixMicros = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000,
            UsageSource = UsageSource.Reported,
            Usage = new UsageVector { InputFresh = read, OutputText = ComparedTokens - read },
        };
        prices.Current(tenant).Rate(call);
        return call.PriceId == 0 ? null : call.Cost / ComparedTokens * 1_000_000;
    }

    /// <summary>Tokens per second of the time that the range has.</summary>
    public double TokensPerSecond(GpuModel model) => model.Tokens / Math.Max(1, Shown.Length.TotalSeconds);

    public static string Percent(double? share) => share is { } known ? (known * 100).ToString(known < 0.1 ? "0.#" : "0", CultureInfo.InvariantCulture) + "%" : "–";

    public static string Name(GpuDevice device) => device.Slice.Length == 0 ? device.Device : $"{device.Device} · {(device.Slice == DeviceTime.Unpartitioned ? "not partitioned" : "slice " + device.Slice)}";

    public static string Name(PurchaseKind purchase) => purchase switch
    {
        PurchaseKind.OnDemand => "on demand",
        PurchaseKind.Spot => "spot",
        PurchaseKind.Reserved => "reserved",
        _ => "owned",
    };

    private static bool IsOwned(GpuCost row) => row.Kind is CostLineKind.Used or CostLineKind.Wasted && row.Reason == UnallocatedReason.None;

    private string WastedOf(IEnumerable<GpuCost> rows) =>
        rows.Where(row => row.Kind == CostLineKind.Wasted).Sum(CostOf) is > 0 and var wasted ? $"{Figures.Money(wasted)} of it for calls that failed or were interrupted" : "";

    private static string What(UnallocatedReason reason) => reason switch
    {
        UnallocatedReason.NoUtilisation => "nothing tells how much the device worked",
        UnallocatedReason.SliceNotAttributable => "slices that do not tell their share or their own activity",
        UnallocatedReason.NoRequestMetrics => "the device worked, and no inference server of its host told of a request",
        _ => "a model was served, and no call of it arrived",
    };

    private static string How(UnallocatedReason reason) => reason switch
    {
        UnallocatedReason.NoUtilisation => "Send hw.gpu.utilization, or DCGM_FI_DEV_GPU_UTIL, of the device.",
        UnallocatedReason.SliceNotAttributable => "Send DCGM_FI_PROF_GR_ENGINE_ACTIVE with GPU_I_ID and GPU_I_PROFILE of each slice.",
        UnallocatedReason.NoRequestMetrics => "Send the metrics of vLLM, TGI or SGLang with the same host.name as the device.",
        _ => "Instrument the callers: their spans name the model as the server does, and tell feature, team and customer.",
    };
}
