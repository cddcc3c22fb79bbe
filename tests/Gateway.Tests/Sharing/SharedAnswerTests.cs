using FinOps.Gateway.Caching;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Sharing;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Tests.Sharing;

public sealed class SharedAnswerTests
{
    private static readonly CacheKey Key = new(1, 1);

    private static CallsInFlight New(long maxBytes = 64 << 20) => new(new GatewayLimits(1, 1, 1, 1, 1, 1) { MaxSharedBytes = maxBytes }, new GatewayCounters());

    /// <summary>What there is for a listener now.</summary>
    private static (int Bytes, SharedPart Last) ReadAll(SharedAnswer answer, SharedAnswer.Listener listener)
    {
        var bytes = 0;
        while (answer.TryRead(listener, out var part, out var piece, out _))
        {
            if (part is SharedPart.End or SharedPart.Broken or SharedPart.Fallen) return (bytes, part);
            if (part != SharedPart.Piece) continue;
            bytes += piece.Length;
            answer.HasRead(listener, piece.Length);
        }

        return (bytes, SharedPart.Piece);
    }

    [Fact]
    public async Task Follower_ThatIsTooSlow_FallsOff_AndNobodyElse()
    {
        var calls = New();
        var (answer, lead) = (calls.Join(Key, 9).Answer!, default(SharedAnswer.Listener));
        lead = answer.TryFollow(9)!;
        var slow = answer.TryFollow(9)!;
        answer.Start(200, new HeaderDictionary());
        var piece = new byte[256 << 10];
        var sent = 0;
        for (; sent <= SharedAnswer.MaxBehindBytes + piece.Length; sent += piece.Length)
        {
            await answer.AddAsync(piece, CancellationToken.None);
            ReadAll(answer, lead);
        }

        answer.Complete(null);
        Assert.Equal((0, SharedPart.Fallen), ReadAll(answer, slow));
        Assert.Equal((0, SharedPart.End), ReadAll(answer, lead));
        Assert.False(answer.Gone.IsCancellationRequested);
    }

    /// <summary>Who is alone, or as slow as all others, is waited for: the provider is read no faster.</summary>
    [Fact]
    public async Task Provider_IsReadAtThePaceOfTheFastest()
    {
        var calls = New();
        var place = calls.Join(Key, 9);
        var (answer, listener) = (place.Answer!, place.Listener!);
        answer.Start(200, new HeaderDictionary());
        var piece = new byte[1 << 20];
        var adds = 0;
        ValueTask adding;
        while ((adding = answer.AddAsync(piece, CancellationToken.None)).IsCompletedSuccessfully) Assert.True(++adds < 10, "It is read without an end.");

        var (read, _) = ReadAll(answer, listener);
        await adding.AsTask().WaitAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(adds << 20, read);
        Assert.InRange(read, 1, SharedAnswer.MaxBehindBytes);
        Assert.Equal((1 << 20, SharedPart.Piece), ReadAll(answer, listener));
    }

    [Fact]
    public async Task Bytes_HeldForNobody_AreLetGo_AndFullMemoryTakesNoFollowers()
    {
        var calls = New(maxBytes: 300 << 10);
        var place = calls.Join(Key, 9);
        place.Answer!.Start(200, new HeaderDictionary());
        for (var i = 0; i < 5; i++)
        {
            await place.Answer.AddAsync(new byte[128 << 10], CancellationToken.None);
            ReadAll(place.Answer, place.Listener!);
        }

        Assert.False(calls.IsFull);
        Assert.False(place.Answer.IsOpen);
        var next = calls.Join(Key, 9);
        Assert.True(next.Leads);
        calls.Remove(Key, place.Answer);
        Assert.False(calls.Join(Key, 9).Leads);
        Assert.Equal((0, SharedPart.Piece), ReadAll(place.Answer, place.Listener!));
    }

    [Fact]
    public void Call_EndsWhenTheLastLeaves_AndNotBefore()
    {
        var calls = New();
        var first = calls.Join(Key, 1);
        var second = calls.Join(Key, 1);
        Assert.Null(calls.Join(Key, 1).Answer);

        first.Answer!.Leave(first.Listener!);
        Assert.False(first.Answer.Gone.IsCancellationRequested);
        second.Answer!.Leave(second.Listener!);
        Assert.True(first.Answer.Gone.IsCancellationRequested);
        Assert.True(calls.Join(Key, 1).Leads);
    }
}
