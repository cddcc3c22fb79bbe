using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Ingest.Authentication;
using FinOps.Ingest.Health;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Tests.Authentication;

public sealed class KeyRingTests : IKeyDirectory, IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly KeyRingOptions _options = new() { MaxEntries = 50 };
    private readonly KeyRing _ring;
    private KeyRecord? _record = new(Guid.NewGuid(), KeyKind.Ingest, new TenantId(Guid.NewGuid()), new ProjectId(Guid.NewGuid()), BoundTags.None, default, null, null);
    private bool _away;
    private int _lookups;
    private ManualResetEventSlim? _slow;

    public KeyRingTests() => _ring = new KeyRing(this, Options.Create(_options), _clock, NullLogger<KeyRing>.Instance);

    [Fact]
    public async Task Resolve_KnownKey_AsksAgainAfterItsAge()
    {
        Assert.Equal(IngestReason.Accepted, await ResolveAsync("a"));
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(IngestReason.Accepted, await ResolveAsync("a"));
        Assert.Equal(1, _lookups);

        _record = _record! with { RevokedAt = _clock.GetUtcNow() };
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(IngestReason.RevokedKey, await ResolveAsync("a"));
        Assert.Equal(2, _lookups);
    }

    [Theory]
    [InlineData(KeyKind.Ingest, IngestReason.Accepted)]
    [InlineData(KeyKind.Agent, IngestReason.Accepted)]
    [InlineData(KeyKind.Api, IngestReason.WrongKeyKind)]
    public async Task Resolve_KeyOfAKind_SendsOnlyIfThatIsWhatItIsFor(KeyKind kind, IngestReason reason)
    {
        _record = _record! with { Kind = kind };

        Assert.Equal(reason, await ResolveAsync("a"));
    }

    [Fact]
    public async Task Resolve_StoreAway_BelievesKnownKeysForTheGraceOnly()
    {
        await ResolveAsync("a");
        _away = true;
        _clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(IngestReason.Accepted, await ResolveAsync("a"));
        Assert.Equal(IngestReason.KeyStoreAway, await ResolveAsync("b"));
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(IngestReason.KeyStoreAway, await ResolveAsync("a"));

        _away = false;
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(IngestReason.Accepted, await ResolveAsync("a"));
        Assert.Equal(IngestReason.Accepted, await ResolveAsync("b"));
    }

    [Fact]
    public async Task Resolve_StoreAway_IsNotAskedByEveryRequest()
    {
        _away = true;
        for (var index = 0; index < 20; index++) Assert.Equal(IngestReason.KeyStoreAway, await ResolveAsync($"key {index}"));
        Assert.Equal(1, _lookups);
    }

    [Fact]
    public async Task Resolve_FloodWhileTheFirstLookUpIsSlow_SharesOneQueryAndBlocksNobody()
    {
        using var answering = new ManualResetEventSlim();
        _slow = answering;
        // Each call comes back at once although the directory blocks its own thread.
        var flood = Enumerable.Range(0, 256).Select(_ => ResolveAsync("a")).ToList();
        Assert.DoesNotContain(flood, request => request.IsCompleted);
        answering.Set();

        Assert.All(await Task.WhenAll(flood), reason => Assert.Equal(IngestReason.Accepted, reason));
        Assert.Equal(1, _lookups);
    }

    [Fact]
    public async Task Resolve_KeyThatExpires_IsRefusedAtThatInstant()
    {
        _record = _record! with { ExpiresAt = _clock.GetUtcNow() + TimeSpan.FromSeconds(2) };
        Assert.Equal(IngestReason.Accepted, await ResolveAsync("a"));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(IngestReason.ExpiredKey, await ResolveAsync("a"));
        Assert.Equal(1, _lookups);
    }

    [Fact]
    public async Task Resolve_FloodOfMadeUpKeys_IsForgottenAndKnownOnesStay()
    {
        await ResolveAsync("known");
        _record = null;
        for (var index = 0; index < 1_000; index++) Assert.Equal(IngestReason.UnknownKey, await ResolveAsync($"made up {index}"));
        Assert.InRange(_ring.Count, 1, 50);

        var before = _lookups;
        Assert.Equal(IngestReason.Accepted, await ResolveAsync("known"));
        Assert.Equal(before, _lookups);
    }

    [Fact]
    public async Task TakeUses_AfterRequests_TellsEachKeyOnce()
    {
        await ResolveAsync("a");
        await ResolveAsync("a");
        Assert.Equal(_record!.KeyId, Assert.Single(_ring.TakeUses()).KeyId);
        Assert.Empty(_ring.TakeUses());

        _clock.Advance(TimeSpan.FromSeconds(1));
        await ResolveAsync("a");
        Assert.Single(_ring.TakeUses());
    }

    public void Dispose() => _ring.Dispose();

    ValueTask<KeyRecord?> IKeyDirectory.FindAsync(ReadOnlyMemory<byte> tokenSha256, CancellationToken cancellationToken)
    {
        _lookups++;
        _slow?.Wait(TimeSpan.FromSeconds(2), CancellationToken.None);
        return _away ? throw new IOException("away") : new ValueTask<KeyRecord?>(_record);
    }

    ValueTask IKeyDirectory.RecordUseAsync(IReadOnlyCollection<KeyUse> uses, CancellationToken cancellationToken) => default;

    private async Task<IngestReason> ResolveAsync(string token) =>
        (await _ring.ResolveAsync(TokenHash.Of(System.Text.Encoding.ASCII.GetBytes(token)), CancellationToken.None)).Reason;

    private sealed class ManualClock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _now.Ticks;

        public void Advance(TimeSpan by) => _now += by;
    }
}
