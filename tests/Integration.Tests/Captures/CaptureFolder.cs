using System.Globalization;
using System.Text.Json;
using FinOps.Integration.Tests.Wire;

namespace FinOps.Integration.Tests.Captures;

/// <summary>What one program sent through its SDK, and the truth about its calls, from <c>expected.json</c>.</summary>
internal sealed class CaptureFolder
{
    /// <summary>Below the 400 days that the server accepts.</summary>
    private static readonly TimeSpan OldestKept = TimeSpan.FromDays(390);

    private readonly JsonElement _expected;

    public CaptureFolder(string name)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "captures", name);
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        _expected = document.RootElement.Clone();
        Bodies = Recent([.. Directory.EnumerateFiles(folder, "*.headers.json").Order(StringComparer.Ordinal).Select(Read)], TimeProvider.System.GetUtcNow());
    }

    public static IReadOnlyList<string> Names { get; } = ["openinference", "openlit", "openlit-gpu-qdrant", "traceloop", "traceloop-qdrant", "vercel-ai-sdk-7"];

    /// <summary>In the order of their arrival.</summary>
    public IReadOnlyList<CapturedBody> Bodies { get; }

    /// <summary>The calls of which the program sent anything.</summary>
    public IEnumerable<CapturedCall> Calls => _expected.GetProperty("calls").EnumerateArray().Select(call => new CapturedCall(call)).Where(call => call.WasSent);

    public Spend Spend => Calls.Select(call => call.Spend).Aggregate(Spend.None, (sum, call) => sum + call) with
    {
        FailedCalls = _expected.GetProperty("failed_calls").EnumerateArray().Count(call => call.GetProperty("shown").GetBoolean()),
    };

    /// <summary>The bodies as recorded, or moved to an hour ago once their times are older than what the server accepts.</summary>
    public static IReadOnlyList<CapturedBody> Recent(IReadOnlyList<CapturedBody> bodies, DateTimeOffset now)
    {
        var first = bodies.Where(body => body.HasSpans).SelectMany(body => SpanInPlace.Of(body.Spans())).Min(span => span.Span.StartTimeUnixNano);
        var age = now - DateTimeOffset.UnixEpoch.AddTicks((long)(first / 100));
        return age < OldestKept ? bodies : [.. bodies.Select(body => body.Moved(age - TimeSpan.FromHours(1)))];
    }

    private static CapturedBody Read(string headersFile)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(headersFile));
        var headers = document.RootElement.GetProperty("headers");
        var name = Path.GetFileName(headersFile)[..^".headers.json".Length];
        var bytes = Directory.EnumerateFiles(Path.GetDirectoryName(headersFile)!, name + ".*")
            .Single(file => file != headersFile && !file.EndsWith(".decoded.json", StringComparison.Ordinal));
        return new CapturedBody(
            document.RootElement.GetProperty("url").GetString()!, Header(headers, "content-type")!, Header(headers, "content-encoding"), Header(headers, "grpc-encoding"),
            Header(headers, "x-api-key") is null ? "authorization" : "x-api-key", File.ReadAllBytes(bytes));
    }

    private static string? Header(JsonElement headers, string name) => headers.TryGetProperty(name, out var value) ? value.GetString() : null;
}

/// <summary>One answered call and what can be known of it from what was sent.</summary>
internal sealed class CapturedCall(JsonElement call)
{
    private static readonly (string Name, Func<ListedCall, string> Of)[] Tags =
    [
        ("user", listed => listed.User), ("session", listed => listed.Session), ("tenant", listed => listed.Customer), ("feature", listed => listed.Feature),
        ("team", listed => listed.Team), ("environment", listed => listed.Environment), ("service", listed => listed.Service),
    ];

    public bool WasSent => call.GetProperty("seen_in").GetArrayLength() > 0;

    private bool HasUsage => call.GetProperty("observable").ValueKind != JsonValueKind.Null;

    private string? ResponseId => call.GetProperty("response_id_seen").GetArrayLength() > 0 ? call.GetProperty("response_id").GetString() : null;

    private string Model => call.GetProperty("model_seen").GetString()!;

    public Spend Spend => HasUsage
        ? new Spend(
            decimal.Parse(call.GetProperty("observable_cost_usd").GetProperty("total").GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture), 1, 0, 0,
            Part("input_total"), Part("cache_read"), Part("cache_write_5m") + Part("cache_write_1h"), Part("output_total"), Part("reasoning"))
        : Spend.None with { Calls = 1, UnpricedCalls = 1 };

    public void AssertListed(IReadOnlyList<ListedCall> listed)
    {
        var spend = Spend;
        var candidates = listed.Where(candidate => ResponseId is { } id ? candidate.ResponseId == id : candidate.ResponseId.Length == 0 && candidate.Model == Model
            && candidate.InputTokens == spend.InputTokens && candidate.OutputTokens == spend.OutputTokens).ToList();
        var found = Assert.Single(candidates);
        Assert.Equal(spend, new Spend(
            found.Cost ?? 0, 1, found.Cost is null ? 1 : 0, 0, found.InputTokens, found.CacheReadTokens, found.CacheWriteTokens, found.OutputTokens, found.ReasoningTokens));
        Assert.Equal("answered", found.Status);
        Assert.Equal(call.GetProperty("provider").GetString(), found.Provider);
        Assert.Equal(Model, found.Model);
        Assert.Equal(call.GetProperty("observable_quality").GetString() == "sdk_guess", found.Flags.Contains("estimatedUsage"));
        foreach (var (name, of) in Tags)
        {
            if (!call.GetProperty("tags_seen").TryGetProperty(name, out var places)) continue;
            Assert.Equal((name, places.GetArrayLength() > 0 ? call.GetProperty("tags").GetProperty(name).GetString() : ""), (name, of(found)));
        }
    }

    private long Part(string name) => call.GetProperty("observable").GetProperty(name) is { ValueKind: JsonValueKind.Number } part ? part.GetInt64() : 0;
}
