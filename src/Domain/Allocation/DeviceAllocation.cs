namespace FinOps.Domain.Allocation;

/// <summary>
/// Gives the money of devices to models by what their servers measured, and of models to feature, team and customer by their calls. A pure function of sets: order does not matter.
/// The parts sum to the money to the last digit, in both bases (docs/gpus.md).
/// </summary>
public static class DeviceAllocation
{
    private const decimal SecondsPerHour = 3600;

    /// <summary>What a device costs in a quarter hour: its time × its share × the price of that quarter hour.</summary>
    public static decimal MoneyOf(DeviceInterval interval, AcceleratorPrice price) =>
        ExactShares.Round(price.PricePerHour * interval.Share * interval.ObservedSeconds / SecondsPerHour);

    public static List<CostLine> Split(DeviceInterval device, decimal money, IEnumerable<ServedModel> served, IEnumerable<ModelCalls> calls)
    {
        var time = ExactShares.Split(money, [device.UsedSeconds, device.IdleSeconds, device.UnknownSeconds]);
        var lines = new List<CostLine>();
        if (time[0] > 0) AddUsed(lines, device, time[0], served, calls);

        // Users carry the idle time by their share of the work; without any, it stays its own line in this basis, too.
        var carried = ExactShares.Split(time[0] + time[1], lines.ConvertAll(line => line.UsageCost));
        for (var i = 0; i < lines.Count; i++) lines[i] = lines[i] with { AllocationCost = carried[i] };
        if (time[1] > 0) lines.Add(Line(device, CostLineKind.Idle, time[1], UnallocatedReason.None) with { AllocationCost = lines.Count > 0 ? 0 : time[1] });
        if (time[2] > 0) lines.Add(Line(device, CostLineKind.Unallocated, time[2], device.Reason) with { AllocationCost = time[2] });
        return lines;
    }

    private static void AddUsed(List<CostLine> lines, DeviceInterval device, decimal money, IEnumerable<ServedModel> served, IEnumerable<ModelCalls> calls)
    {
        var models = served.Where(model => model.Host == device.Host && model.HasWorked).OrderBy(model => model.Model, StringComparer.Ordinal).ToList();
        if (models.Count == 0)
        {
            lines.Add(Line(device, CostLineKind.Unallocated, money, UnallocatedReason.NoRequestMetrics));
            return;
        }

        // Seconds and tokens cannot be compared: one server without times, and all are weighed by tokens.
        var measured = models.TrueForAll(model => model.IsMeasured);
        var parts = ExactShares.Split(money, models.ConvertAll(model => measured ? model.Seconds : model.TokenWeight));
        for (var i = 0; i < models.Count; i++) AddModel(lines, device, parts[i], models[i], !measured, calls);
    }

    private static void AddModel(List<CostLine> lines, DeviceInterval device, decimal money, ServedModel model, bool estimated, IEnumerable<ModelCalls> all)
    {
        if (money == 0) return;
        var calls = all.Where(call => call.Model == model.Model)
            .OrderBy(call => call.Feature, StringComparer.Ordinal).ThenBy(call => call.Team, StringComparer.Ordinal).ThenBy(call => call.Customer, StringComparer.Ordinal).ToList();
        var weights = calls.ConvertAll(call => model.WeightOf(call.InputTokens, call.OutputTokens));
        // Failed calls seldom tell tokens: their part is their share of the time.
        var seconds = calls.Sum(call => call.CallSeconds);
        var failed = calls.Sum(call => call.FailedSeconds);
        var lost = failed <= 0 ? 0 : weights.Sum() <= 0 ? money : ExactShares.Split(money, [failed, seconds - failed])[0];
        var wasted = ExactShares.Split(lost, calls.ConvertAll(call => call.FailedSeconds));
        var useful = ExactShares.Split(money - lost, weights);
        for (var i = 0; i < calls.Count; i++)
        {
            if (useful[i] > 0) lines.Add(Of(calls[i], CostLineKind.Used, useful[i]));
            if (wasted[i] > 0) lines.Add(Of(calls[i], CostLineKind.Wasted, wasted[i]));
        }

        var rest = money - useful.Sum() - wasted.Sum();
        if (rest > 0) lines.Add(Line(device, CostLineKind.Used, rest, UnallocatedReason.NoCalls) with { Model = model.Model, IsEstimated = estimated });

        CostLine Of(ModelCalls call, CostLineKind kind, decimal cost) => Line(device, kind, cost, UnallocatedReason.None) with
        {
            Model = model.Model,
            Feature = call.Feature,
            Team = call.Team,
            Customer = call.Customer,
            IsEstimated = estimated,
        };
    }

    private static CostLine Line(DeviceInterval device, CostLineKind kind, decimal cost, UnallocatedReason reason) =>
        new(device.Host, device.Device, kind, "", "", "", "", cost, 0, reason, IsEstimated: false);
}
