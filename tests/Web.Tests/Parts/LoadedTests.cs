using FinOps.Web.Parts;
using Microsoft.Extensions.Logging.Abstractions;

namespace FinOps.Web.Tests.Parts;

public sealed class LoadedTests
{
    private int _changes;

    private Asking Asking(bool anew, CancellationToken left = default) => new(NullLogger.Instance, anew, () => _changes++, left);

    [Fact]
    public async Task Load_AskedForSomethingElseMeanwhile_CancelsTheOldQuestionAndDropsItsAnswer()
    {
        var loaded = new Loaded<string>();
        var late = new TaskCompletionSource<string>();
        var cancelled = false;
        var first = loaded.LoadAsync(
            token =>
            {
                token.Register(() => cancelled = true);
                return late.Task;
            },
            Asking(anew: true));
        await loaded.LoadAsync(_ => Task.FromResult("new"), Asking(anew: true));
        late.SetResult("old");
        await first;
        Assert.True(cancelled);
        Assert.Equal("new", loaded.Value);
    }

    [Fact]
    public async Task Load_RefreshWhileAnAnswerIsAwaited_DoesNotAskAgain()
    {
        var loaded = new Loaded<string>();
        var slow = new TaskCompletionSource<string>();
        var first = loaded.LoadAsync(_ => slow.Task, Asking(anew: true));
        await loaded.LoadAsync(_ => throw new InvalidOperationException("asked twice"), Asking(anew: false));
        slow.SetResult("slow");
        await first;
        Assert.Equal("slow", loaded.Value);
        Assert.Null(loaded.Failure);
    }

    [Fact]
    public async Task Load_StoreThatNeverAnswers_SaysSoAfterItsTimeout()
    {
        var loaded = new Loaded<string>(TimeSpan.FromMilliseconds(20));
        await loaded.LoadAsync(
            async token =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return "";
            },
            Asking(anew: true));
        Assert.False(loaded.Loading);
        Assert.Contains("no answer within", loaded.Failure, StringComparison.Ordinal);
        Assert.Equal(1, _changes);
    }

    [Fact]
    public async Task Load_RefreshThatFails_KeepsTheOldAnswerAsStale()
    {
        var loaded = new Loaded<string>();
        await loaded.LoadAsync(_ => Task.FromResult("figures"), Asking(anew: true));
        await loaded.LoadAsync(_ => throw new HttpRequestException("refused", new System.Net.Sockets.SocketException(111)), Asking(anew: false));
        Assert.Equal("figures", loaded.Value);
        Assert.True(loaded.Stale);
        Assert.Equal("The analytics store does not answer.", loaded.Failure);

        await loaded.LoadAsync(_ => Task.FromResult("newer"), Asking(anew: false));
        Assert.False(loaded.Stale);
        Assert.Null(loaded.Failure);
    }

    [Fact]
    public async Task Load_PageLeft_IsNoFailure()
    {
        var loaded = new Loaded<string>();
        using var left = new CancellationTokenSource();
        var asked = loaded.LoadAsync(
            async token =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return "";
            },
            Asking(anew: true, left.Token));
        await left.CancelAsync();
        await asked;
        Assert.Null(loaded.Failure);
    }
}
