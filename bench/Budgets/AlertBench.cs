using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Bench.Ingest;
using FinOps.EndToEnd.Tests;
using FinOps.Testing;

namespace FinOps.Bench.Budgets;

/// <summary>
/// From a call's arrival to the message about it, on the whole server beside the running demo: an organisation has a budget for each of forty features and one webhook, and a call of each feature comes at a random
/// instant of two minutes. What is measured ends where the webhook's receiver has the message that names the budget.
/// </summary>
internal static class AlertBench
{
    private const int Budgets = 40;
    private const int MaxSeconds = 60;
    private static readonly TimeSpan Spread = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static async Task<int> RunAsync()
    {
        await using var receiver = new HookServer();
        await using var app = await AppUnderLoad.StartAsync(new Dictionary<string, string?> { ["FinOps__Channels__InternalHosts__0"] = "127.0.0.1" }, "--demo");
        await using var tenants = new TenantMaker(app.Postgres);
        var tenant = await tenants.NewTenantAsync();
        using var api = app.Server.Client(tenant.ApiKey);
        var channel = await PostAsync(api, "/api/v1/channels", new { name = "hook", kind = "webhook", address = receiver.Address() });
        await PostAsync(api, "/api/v1/alert-routes", new { name = "everything", channels = new[] { channel.GetProperty("id").GetString() } });
        for (var i = 0; i < Budgets; i++)
            await PostAsync(api, "/api/v1/budgets", new { name = Name(i), amount = 0.0001m, scope = new { feature = new[] { Name(i) } }, thresholds = new[] { new { percent = 100 } } });

        var random = new Random(1);
        using var sender = new OtlpSender(app.Server, tenant.IngestKey);
        var calls = Enumerable.Range(0, Budgets).Select(async i =>
        {
            await Task.Delay(random.NextDouble() * Spread);
            if (await sender.SendCallAsync(Name(i)) != HttpStatusCode.OK) throw new InvalidOperationException("A call was refused.");
            return TimeProvider.System.GetUtcNow();
        }).ToList();
        var sent = await Task.WhenAll(calls);
        await receiver.WaitForAsync(all => Enumerable.Range(0, Budgets).All(i => Told(all, i) is not null), Limit);

        var seconds = sent.Select((at, i) => (Told(receiver.Received, i)!.Value - at).TotalSeconds).Order().ToList();
        var p95 = seconds[(int)(Budgets * 0.95)];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"from a call's arrival to the message: p50 {seconds[Budgets / 2]:F1} s, p95 {p95:F1} s, most {seconds[^1]:F1} s, of {Budgets}; asked {MaxSeconds} s at p95"));
        return p95 < MaxSeconds ? 0 : 1;
    }

    private static string Name(int budget) => string.Create(CultureInfo.InvariantCulture, $"feature-{budget:D2}");

    /// <summary>When the receiver had it; null: not yet.</summary>
    private static DateTimeOffset? Told(IReadOnlyList<HookRequest> received, int budget)
    {
        var subject = $"\"subject\":\"{Name(budget)}\"";
        return received.FirstOrDefault(request => request.Text.Replace(" ", "", StringComparison.Ordinal).Contains(subject, StringComparison.Ordinal))?.At;
    }

    private static async Task<JsonElement> PostAsync(HttpClient api, string path, object body)
    {
        using var answer = await api.PostAsJsonAsync(path, body);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
