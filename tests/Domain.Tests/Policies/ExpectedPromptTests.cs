using CsCheck;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Policies;

public sealed class ExpectedPromptTests
{
    // Claude Opus 4.5 and Haiku 4.5, USD a token.
    private static readonly Prices Dear = new(5e-6m, 0.5e-6m, 6.25e-6m, 25e-6m);
    private static readonly Prices Cheap = new(1e-6m, 0.1e-6m, 1.25e-6m, 5e-6m);

    private static readonly Gen<ExpectedPrompt> Prompts = Gen.Select(Gen.Long[0, 1_000_000], Gen.Long[0, 1_200_000], Gen.Long[0, 64_000], Gen.Bool).Select((input, kept, output, isLong) => new ExpectedPrompt(input, kept, output, isLong));

    private static readonly Gen<Prices> Anything = Gen.Select(Gen.Int[1, 1_000], Gen.Int[1, 100], Gen.Int[100, 200], Gen.Int[1, 1_000])
        .Select((input, read, write, output) => new Prices(input * 1e-8m, input * read * 1e-10m, input * write * 1e-10m, output * 1e-7m));

    private sealed record Prices(decimal Input, decimal Read, decimal Write, decimal Output)
    {
        public decimal Of(UsageVector usage) => (usage.InputFresh * Input) + (usage.CacheRead * Read) + ((usage.CacheWrite5m + usage.CacheWrite1h) * Write) + (usage.OutputText * Output);
    }

    private static SwitchCost Switch(ExpectedPrompt prompt, Prices from, Prices to, long warm, long there = 0) =>
        new(from.Of(prompt.At(warm)), from.Of(prompt.At(0)), to.Of(prompt.At(there)), to.Of(prompt.At(0)), to.Of(prompt.At(warm)));

    [Theory]
    [InlineData(100_000, 500, true)] // 0.0625 warm, 0.1275 after the switch
    [InlineData(100_000, 5_000, false)] // 0.175 against 0.15: the long answer decides
    [InlineData(50_000, 500, false)] // half of the prompt is warm: 0.35 against 0.12
    [InlineData(0, 500, false)]
    public void Switch_OfAWarmPrompt_IsMadeWhereItIsCheaper(long warm, long output, bool stays) =>
        Assert.Equal(stays, Switch(new ExpectedPrompt(100_000, 100_000, output, KeepsLong: false), Dear, Cheap, warm).Stays(0));

    [Fact]
    public void Switch_ThatIsNotForMoney_OrToWhereThePromptIsWarm_IsMade()
    {
        var prompt = new ExpectedPrompt(100_000, 100_000, 500, KeepsLong: false);
        Assert.False(Switch(prompt, Cheap, Dear, warm: 100_000).Stays(0));
        Assert.False(Switch(prompt, Dear, Dear, warm: 100_000).Stays(0));
        Assert.False(Switch(prompt, Dear, Cheap, warm: 100_000, there: 90_000).Stays(0));
    }

    [Fact]
    public void Session_ThatGoesOn_SwitchesWhenStayingHasCostAsMuch()
    {
        var cost = Switch(new ExpectedPrompt(100_000, 100_000, 500, KeepsLong: false), Dear, Cheap, warm: 100_000);
        Assert.Equal((0.0625m, 0.1275m, 0.05m), (cost.Staying, cost.Moving, cost.Price));
        Assert.True(cost.Stays(cost.Price));
        Assert.False(cost.Stays(2 * cost.Price));
    }

    [Theory]
    [InlineData(1_000, 800, 4_000, 8_000, 2_000, 1_600)]
    [InlineData(1_000, 1_000, 4_000, 4_001, 1_001, 1_001)]
    [InlineData(1_000, 0, 4_000, 1_000, 250, 0)]
    [InlineData(1_000, 500, 0, 10, 1_000, 500)]
    public void Prompt_GrowsWithItsRequest(long lastInput, long lastKept, int lastBytes, int bytes, long input, long kept) =>
        Assert.Equal(new ExpectedPrompt(input, kept, 7, true), ExpectedPrompt.After(lastInput, lastKept, lastBytes, bytes, 7, keepsLong: true));

    [Fact]
    public void Usage_IsWhatIsReadWrittenAndRead_EachOnce()
    {
        Assert.Equal(new UsageVector { CacheRead = 60, CacheWrite5m = 20, InputFresh = 20, OutputText = 5 }, new ExpectedPrompt(100, 80, 5, false).At(60));
        Assert.Equal(new UsageVector { CacheWrite1h = 80, InputFresh = 20, OutputText = 5 }, new ExpectedPrompt(100, 80, 5, true).At(0));
        Assert.Equal(new UsageVector { CacheRead = 100, OutputText = 5 }, new ExpectedPrompt(100, 80, 5, true).At(1_000));
        Gen.Select(Prompts, Gen.Long[-5, 2_000_000]).Sample((prompt, warm) =>
        {
            var usage = prompt.At(warm);
            return usage.InputTotal == (ulong)prompt.Input && usage.OutputTotal == (ulong)prompt.Output && usage.CacheRead == Math.Clamp(warm, 0, prompt.Input);
        });
    }

    [Fact]
    public void Stay_IsNeverDearerThanTheSwitch_NorWhereNothingIsWarm() =>
        Gen.Select(Prompts, Anything, Anything, Gen.Long[0, 1_000_000], Gen.Long[0, 1_000_000], Gen.Int[0, 100]).Sample((prompt, from, to, warm, there, paid) =>
        {
            var cost = Switch(prompt, from, to, warm, there);
            var stays = cost.Stays(paid / 100m);
            return (!stays || (cost.Staying <= cost.Moving && cost.MovingCold < cost.StayingCold)) && !Switch(prompt, from, to, 0, there).Stays(0);
        });

    /// <summary>However a session grows, whatever the prices.</summary>
    [Fact]
    public void Session_PaysForStaying_NoMoreThanOneSwitch() =>
        Gen.Select(Anything, Anything, Gen.Select(Gen.Long[0, 20_000], Gen.Long[0, 4_000]).Array[1, 60]).Sample((from, to, calls) =>
        {
            var (input, warm, paid) = (0L, 0L, 0m);
            foreach (var (more, output) in calls)
            {
                input += more;
                var cost = Switch(new ExpectedPrompt(input, input, output, false), from, to, warm);
                if (warm > 0 && !cost.Stays(paid)) return true;
                if (warm > 0)
                {
                    paid += cost.Price;
                    if (paid > Math.Max(0, cost.Moving - cost.MovingWarm)) return false;
                }

                warm = input;
            }

            return true;
        });
}
