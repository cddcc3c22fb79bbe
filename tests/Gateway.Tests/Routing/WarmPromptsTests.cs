using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Routing;
using FinOps.Gateway.Tests.Leases;
using FinOps.Testing;

namespace FinOps.Gateway.Tests.Routing;

public sealed class WarmPromptsTests
{
    private static readonly Provider Anthropic = new("anthropic", ProviderKind.Anthropic, new Uri("https://api.anthropic.com"), "k", false, false, true, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    private static readonly PromptKey Prompt = new(new TenantId(Guid.Parse("0199a000-0000-7000-8000-000000000001")), "bot", RequestOperation.Messages, 7);

    private readonly TestClock _clock = new();
    private readonly GatewayCounters _counters = new();
    private readonly WarmPrompts _prompts;

    public WarmPromptsTests() => _prompts = new WarmPrompts(_counters, _clock);

    private static WarmPlace Place(string model, long warm = 1_000, bool isLong = false, long output = 10) => new(Anthropic, model, warm, warm + 100, output, 4_000, isLong);

    private string? Last(string goesTo, in PromptKey key, out long there) => _prompts.TryFind(in key, Anthropic, goesTo, out var last, out there, out _) ? last.Model : null;

    private string? Last(string goesTo) => Last(goesTo, in Prompt, out _);

    [Fact]
    public void Prompt_IsWarmWhereItWasLast_AndHasItsTokensElsewhere()
    {
        Assert.True(_prompts.IsEmpty);
        _prompts.Keep(in Prompt, Place("haiku", 300), TimeSpan.Zero);
        _prompts.Keep(in Prompt, Place("opus", 900), TimeSpan.Zero);

        Assert.Equal(("opus", 300), (Last("haiku", in Prompt, out var there), there));
        Assert.Equal(("opus", 0), (Last("sonnet", in Prompt, out there), there));
        Assert.Null(Last("opus"));
        Assert.False(_prompts.IsEmpty);
    }

    [Fact]
    public void Prompt_OfAnotherOrganisation_KeyOrOperation_IsAnotherOne()
    {
        _prompts.Keep(in Prompt, Place("opus"), TimeSpan.Zero);

        Assert.Equal("opus", Last("haiku"));
        Assert.Null(Last("haiku", Prompt with { Tenant = new TenantId(Guid.Parse("0199a000-0000-7000-8000-000000000002")) }, out _));
        Assert.Null(Last("haiku", Prompt with { Tenant = null }, out _));
        Assert.Null(Last("haiku", Prompt with { KeyId = "other" }, out _));
        Assert.Null(Last("haiku", Prompt with { Operation = RequestOperation.Chat }, out _));
        Assert.Null(Last("haiku", Prompt with { Head = 8 }, out _));
    }

    [Fact]
    public void Prompt_IsColdAfterItsTime_SinceItWasAsked_AndAReadingBeginsItAnew()
    {
        _prompts.Keep(in Prompt, Place("opus"), TimeSpan.FromMinutes(1));
        _clock.Pass(239);
        Assert.Equal("opus", Last("haiku"));
        _prompts.Keep(in Prompt, Place("opus"), TimeSpan.Zero);
        _clock.Pass(299);
        Assert.Equal("opus", Last("haiku"));
        _clock.Pass(2);
        Assert.Null(Last("haiku"));
        Assert.True(_prompts.IsEmpty);

        _prompts.Keep(in Prompt, Place("opus", isLong: true), TimeSpan.Zero);
        _clock.Pass(3_000);
        _prompts.Keep(in Prompt, Place("opus"), TimeSpan.Zero);
        _clock.Pass(3_500);
        Assert.Equal("opus", Last("haiku"));
    }

    [Fact]
    public void Prompt_ThatIsForgotten_OrOfTooManyModels_IsNotWarmThere()
    {
        foreach (var model in (string[])["one", "two", "three", "four", "five"]) _prompts.Keep(in Prompt, Place(model), TimeSpan.Zero);
        Last("one", in Prompt, out var there);
        Assert.Equal(0, there);
        Last("two", in Prompt, out there);
        Assert.Equal(1_000, there);

        _prompts.Forget(in Prompt, Anthropic, "five");
        Assert.Equal("four", Last("one"));
        foreach (var model in (string[])["two", "three", "four"]) _prompts.Forget(in Prompt, Anthropic, model);
        Assert.Null(Last("one"));
        Assert.True(_prompts.IsEmpty);
    }

    [Fact]
    public void Paid_IsKeptWhileItStays_AndGoneWhereItWent()
    {
        _prompts.Keep(in Prompt, Place("opus"), TimeSpan.Zero);
        _prompts.Pay(in Prompt, 0.25m);
        _prompts.Keep(in Prompt, Place("opus"), TimeSpan.Zero);
        _prompts.Pay(in Prompt, 0.5m);
        Assert.True(_prompts.TryFind(in Prompt, Anthropic, "haiku", out _, out _, out var paid));
        Assert.Equal(0.75m, paid);

        _prompts.Keep(in Prompt, Place("haiku"), TimeSpan.Zero);
        Assert.True(_prompts.TryFind(in Prompt, Anthropic, "opus", out _, out _, out paid));
        Assert.Equal(0, paid);
    }

    [Fact]
    public void Prompt_InThePlaceOfTheOldest_HasNothingOfIt()
    {
        _prompts.Keep(in Prompt, Place("opus"), TimeSpan.Zero);
        _prompts.Pay(in Prompt, 0.25m);
        for (var head = 1; head < WarmPrompts.MaxPrompts; head++) _prompts.Keep(Prompt with { Head = (ulong)head + 100 }, Place("sonnet"), TimeSpan.Zero);
        var next = Prompt with { Head = 99 };
        _prompts.Keep(in next, Place("haiku"), TimeSpan.Zero);

        Assert.Null(Last("sonnet"));
        Assert.True(_prompts.TryFind(in next, Anthropic, "opus", out var last, out var there, out var paid));
        Assert.Equal(("haiku", 0, 0m), (last.Model, there, paid));
    }

    [Fact]
    public void Output_FallsByHalfOfTheDistance()
    {
        foreach (var output in (long[])[100, 40, 200]) _prompts.Keep(in Prompt, Place("opus", output: output), TimeSpan.Zero);
        _prompts.Keep(in Prompt, Place("opus", output: 0), TimeSpan.Zero);
        Assert.True(_prompts.TryFind(in Prompt, Anthropic, "haiku", out var last, out _, out _));
        Assert.Equal(100, last.Output);
    }

    [Fact]
    public async Task BeyondTheLimit_TheOneUsedLongestAgo_IsForgotten_AndCounted()
    {
        for (var i = 0; i < WarmPrompts.MaxPrompts; i++) _prompts.Keep(Prompt with { Head = (ulong)i }, Place("opus"), TimeSpan.Zero);
        _prompts.Keep(Prompt with { Head = 0 }, Place("opus"), TimeSpan.Zero);

        _prompts.Keep(Prompt with { Head = ulong.MaxValue }, Place("opus"), TimeSpan.Zero);

        Assert.Null(Last("haiku", Prompt with { Head = 1 }, out _));
        Assert.Equal("opus", Last("haiku", Prompt with { Head = 0 }, out _));
        Assert.Equal("opus", Last("haiku", Prompt with { Head = ulong.MaxValue }, out _));
        using var text = new MemoryStream();
        await _counters.WriteAsync(text, 0, default, default, CancellationToken.None);
        Assert.Contains("finops_gateway_warm_prompts_total{outcome=\"evicted\"} 1\n", System.Text.Encoding.UTF8.GetString(text.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_IsAllocated_WhereNothingIsWarm_NorToFindWhatIs()
    {
        Find();
        Assert.Equal(0, Allocated.LeastBytes(Find));

        _prompts.Keep(in Prompt, Place("opus"), TimeSpan.Zero);
        Find();
        Assert.Equal(0, Allocated.LeastBytes(Find));

        void Find()
        {
            for (var i = 0; i < 100; i++) _prompts.TryFind(in Prompt, Anthropic, "haiku", out _, out _, out _);
        }
    }
}
