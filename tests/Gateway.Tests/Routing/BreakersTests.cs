using FinOps.Domain.Policies;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Routing;

namespace FinOps.Gateway.Tests.Routing;

public sealed class BreakersTests
{
    private static readonly Provider OpenAi = new("openai", ProviderKind.OpenAi, new Uri("https://api.openai.com/v1"), "k", false, false, true, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

    private readonly Clock _clock = new();

    private Breakers Open()
    {
        var breakers = new Breakers(_clock, new GatewayCounters());
        for (var i = 0; i < Breakers.MaxFailures; i++)
        {
            Assert.True(breakers.MayAsk(OpenAi, "m"));
            breakers.Note(OpenAi, "m", FailureClass.Transient);
        }

        Assert.False(breakers.MayAsk(OpenAi, "m"));
        return breakers;
    }

    [Fact]
    public void Breaker_AfterItsTime_LetsOneTry_AndClosesWhenThatSucceeds()
    {
        var breakers = Open();
        Assert.True(breakers.MayAsk(OpenAi, "other"));
        _clock.Seconds += (long)Breakers.OpenTime.TotalSeconds;

        Assert.True(breakers.MayAsk(OpenAi, "m"));
        Assert.False(breakers.MayAsk(OpenAi, "m"));
        breakers.Note(OpenAi, "m", FailureClass.Transient);
        Assert.False(breakers.MayAsk(OpenAi, "m"));
        _clock.Seconds += (long)Breakers.OpenTime.TotalSeconds;
        Assert.True(breakers.MayAsk(OpenAi, "m"));
        breakers.Note(OpenAi, "m", null);
        Assert.True(breakers.MayAsk(OpenAi, "m"));
        Assert.True(breakers.MayAsk(OpenAi, "m"));
    }

    [Fact]
    public void Breaker_WhoseTrialWasLeftByItsCaller_LetsTheNextTry()
    {
        var breakers = Open();
        _clock.Seconds += (long)Breakers.OpenTime.TotalSeconds;
        Assert.True(breakers.MayAsk(OpenAi, "m"));
        breakers.Forget(OpenAi, "m");
        Assert.True(breakers.MayAsk(OpenAi, "m"));
    }

    [Fact]
    public void Breaker_WithoutMoney_OpensAtOnce_AndForLonger()
    {
        var breakers = new Breakers(_clock, new GatewayCounters());
        breakers.Note(OpenAi, "m", FailureClass.Money);
        _clock.Seconds += (long)Breakers.OpenTime.TotalSeconds;
        Assert.False(breakers.MayAsk(OpenAi, "m"));
        _clock.Seconds += (long)Breakers.OpenWithoutMoney.TotalSeconds;
        Assert.True(breakers.MayAsk(OpenAi, "m"));
    }

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; } = 1;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
