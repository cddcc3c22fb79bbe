using System.Globalization;
using System.Net.Http.Json;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Wire;

/// <summary>What the tests compare of a row of <c>/api/v1/costs</c>. Without a group the dimensions are empty.</summary>
internal sealed record Spend(
    decimal Cost, long Calls, long UnpricedCalls, long FailedCalls, long InputTokens, long CacheReadTokens, long CacheWriteTokens, long OutputTokens, long ReasoningTokens)
{
    public static readonly Spend None = new(0, 0, 0, 0, 0, 0, 0, 0, 0);

    public static Spend Of(params IReadOnlyCollection<Tokens> calls) => new(
        calls.Sum(call => call.Cost), calls.Count, 0, 0, calls.Sum(call => (long)call.Input), calls.Sum(call => (long)call.Cached), 0, calls.Sum(call => (long)call.Output), 0);

    public static Spend operator +(Spend a, Spend b) => new(
        a.Cost + b.Cost, a.Calls + b.Calls, a.UnpricedCalls + b.UnpricedCalls, a.FailedCalls + b.FailedCalls, a.InputTokens + b.InputTokens,
        a.CacheReadTokens + b.CacheReadTokens, a.CacheWriteTokens + b.CacheWriteTokens, a.OutputTokens + b.OutputTokens, a.ReasoningTokens + b.ReasoningTokens);
}

/// <summary>A call in <c>/api/v1/calls</c>.</summary>
internal sealed record ListedCall(
    string Id, string Status, string Operation, string Provider, string Model, string RequestedModel, string ResponseId, string Feature, string User, string Team,
    string Customer, string Environment, string Service, string Endpoint, string Session, decimal? Cost, long InputTokens, long CacheReadTokens, long CacheWriteTokens,
    long OutputTokens, long ReasoningTokens, IReadOnlyList<string> Flags);

/// <summary>Asks the REST API of one tenant, over all the time that can hold calls.</summary>
internal sealed class SpendApi(ServerProcess server, string apiKey) : IDisposable
{
    /// <summary>Within this the API shows the settled figures, counted from the last span of a trace. Held to it on a machine without other tests (<c>SettledInTimeTests</c>).</summary>
    public static readonly TimeSpan SettledWithin = TimeSpan.FromSeconds(10);

    /// <summary>How long other tests wait for a figure: many of them share two cores and one ClickHouse, and what they prove is the figure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);

    private readonly HttpClient _http = server.Client(apiKey);

    public async Task<Spend> TotalAsync() => (await RowsAsync("")).Single().Value;

    /// <summary>By the values of the dimensions, joined by a bar.</summary>
    public async Task<SortedDictionary<string, Spend>> RowsAsync(string groupBy)
    {
        var answer = await _http.GetFromJsonAsync<CostsAnswer>($"/api/v1/costs?{Range()}&groupBy={groupBy}");
        var names = groupBy.Split(',', StringSplitOptions.RemoveEmptyEntries);
        Assert.False(answer!.Truncated);
        return new SortedDictionary<string, Spend>(
            answer.Rows.ToDictionary(row => string.Join('|', names.Select(name => row.Group[name])), row => row.Spend), StringComparer.Ordinal);
    }

    public async Task<List<ListedCall>> CallsAsync()
    {
        List<ListedCall> calls = [];
        var cursor = "";
        do
        {
            var page = await _http.GetFromJsonAsync<CallsAnswer>($"/api/v1/calls?{Range()}&limit=1000{(cursor.Length == 0 ? "" : "&cursor=" + cursor)}");
            calls.AddRange(page!.Calls);
            cursor = page.NextCursor ?? "";
        }
        while (cursor.Length > 0);
        return calls;
    }

    public async Task<ListedCall> OnlyCallAsync() => Assert.Single(await CallsAsync());

    /// <summary>Waits until the total is this; else the test fails and shows what the server printed, and last, where a shortened log keeps it, the total that stayed.</summary>
    public async Task TotalBecomesAsync(Spend wanted, TimeSpan? within = null)
    {
        try
        {
            await BecomesAsync(TotalAsync, wanted, within);
        }
        catch (Xunit.Sdk.EqualException failure)
        {
            Assert.Fail($"{server.Output}\n{failure.Message}");
        }
    }

    /// <summary>Waits for a value; a failing test shows the last one. While a store is coming back the API answers 503, and is asked again.</summary>
    public static async Task BecomesAsync<T>(Func<Task<T>> ask, T wanted, TimeSpan? within = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var over = TimeProvider.System.GetElapsedTime(began) >= (within ?? Patience);
            try
            {
                var last = await ask();
                if (EqualityComparer<T>.Default.Equals(last, wanted)) return;
                if (over) Assert.Equal(wanted, last);
            }
            catch (HttpRequestException away) when (away.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable && !over)
            {
            }

            await Task.Delay(Between);
        }
    }

    /// <summary>Waits until a condition holds.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition, TimeSpan within, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < within, $"Not within {within.TotalSeconds} s: {what}");
            await Task.Delay(Between);
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Range()
    {
        var now = TimeProvider.System.GetUtcNow();
        return $"from={Instant(now.AddDays(-401))}&to={Instant(now.AddHours(1))}";
    }

    private static string Instant(DateTimeOffset instant) => instant.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private sealed record CostsAnswer(IReadOnlyList<CostsRow> Rows, bool Truncated);

    private sealed record CostsRow(
        Dictionary<string, string> Group, decimal Cost, string Currency, long Calls, long UnpricedCalls, long FailedCalls, long InputTokens, long CacheReadTokens,
        long CacheWriteTokens, long OutputTokens, long ReasoningTokens)
    {
        public Spend Spend => new(Cost, Calls, UnpricedCalls, FailedCalls, InputTokens, CacheReadTokens, CacheWriteTokens, OutputTokens, ReasoningTokens);
    }

    private sealed record CallsAnswer(IReadOnlyList<ListedCall> Calls, string? NextCursor);
}
