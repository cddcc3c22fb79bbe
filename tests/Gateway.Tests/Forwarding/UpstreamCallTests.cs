using FinOps.Gateway.Forwarding;

namespace FinOps.Gateway.Tests.Forwarding;

/// <summary>They are used again by other calls, to which nothing of an earlier one may happen.</summary>
public sealed class UpstreamCallTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longer = TimeSpan.FromSeconds(20);

    private static Task<bool> IsCancelledAsync(CancellationToken token) => IsCancelledAsync(token, Longer);

    private static async Task<bool> IsCancelledAsync(CancellationToken token, TimeSpan within)
    {
        var cancelled = new TaskCompletionSource();
        await using var registration = token.Register(cancelled.SetResult);
        return await Task.WhenAny(cancelled.Task, Task.Delay(within)) == cancelled.Task;
    }

    [Fact]
    public async Task Call_EndsWhenNothingComesForItsTime_OrItsCallerLeaves()
    {
        using var caller = new CancellationTokenSource();
        using var late = UpstreamCall.Begin(caller.Token);
        using var left = UpstreamCall.Begin(caller.Token);
        late.Allow(Short);
        left.Allow(TimeSpan.FromMinutes(1));

        Assert.True(await IsCancelledAsync(late.Token));
        Assert.True(late.IsTimedOut);
        Assert.False(left.Token.IsCancellationRequested);
        await caller.CancelAsync();
        Assert.True(left.Token.IsCancellationRequested);
        Assert.False(left.IsTimedOut);
    }

    [Fact]
    public async Task Call_ThatGoesOn_IsAllowedItsTimeAnew()
    {
        using var call = UpstreamCall.Begin(default);
        for (var piece = 0; piece < 8; piece++)
        {
            call.Allow(TimeSpan.FromSeconds(5));
            await Task.Delay(1_000);
            Assert.False(call.Token.IsCancellationRequested);
        }
    }

    [Fact]
    public async Task NextCall_HasNothingOfTheOneBefore()
    {
        using var before = new CancellationTokenSource();
        HashSet<CancellationToken> tokens = [];
        // One after the other: most get what the one before gave back.
        for (var number = 0; number < 50; number++)
        {
            using var call = UpstreamCall.Begin(number == 0 ? before.Token : default);
            call.Allow(number == 0 ? Short : TimeSpan.FromMinutes(1));
            tokens.Add(call.Token);
        }

        Assert.InRange(tokens.Count, 1, 49);
        using var next = UpstreamCall.Begin(default);
        await before.CancelAsync();
        Assert.False(await IsCancelledAsync(next.Token, 3 * Short));
        Assert.False(next.IsTimedOut);
    }

    [Fact]
    public async Task Call_ThatWasCancelled_OrIsLent_IsNobodyElses()
    {
        using var caller = new CancellationTokenSource();
        CancellationToken cancelled, lent;
        using (var call = UpstreamCall.Begin(caller.Token))
        {
            cancelled = call.Token;
            await caller.CancelAsync();
        }

        using (var call = UpstreamCall.Begin(default))
        {
            lent = call.Token;
            call.Lend();
        }

        List<UpstreamCall> next = [.. Enumerable.Range(0, 300).Select(_ => UpstreamCall.Begin(default))];
        Assert.DoesNotContain(next, call => call.Token == cancelled || call.Token == lent || call.Token.IsCancellationRequested);
        next.ForEach(call => call.Dispose());
    }
}
