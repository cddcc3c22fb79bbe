using System.Diagnostics.Metrics;
using FinOps.Domain.Tenancy;
using FinOps.Ingest.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Tests.Health;

public sealed class IngestEventsTests : IIngestEventStore, IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly IOptions<IngestEventsOptions> _options = Options.Create(new IngestEventsOptions { MaxPendingRows = 100 });
    private readonly IngestEvents _events;
    private readonly List<IngestEventRow> _saved = [];
    private bool _away;

    public IngestEventsTests() =>
        _events = new IngestEvents(_options, TimeProvider.System, new IngestMetrics(_services.GetRequiredService<IMeterFactory>()));

    [Fact]
    public void Record_RequestWithRefusedItems_CountsBytesOnce()
    {
        var tenant = new TenantId(Guid.NewGuid());
        var tally = new IngestTally();
        tally.Count(IngestReason.Accepted, 10);
        tally.Count(IngestReason.StartTooOld, 2);
        _events.Record(tenant, IngestTransport.Grpc, IngestSignal.Traces, IngestReason.Accepted, tally, 500);

        var rows = _events.Take();
        Assert.Equal(2, rows.Count);
        var accepted = rows.Single(row => row.Reason == "accepted");
        Assert.Equal((tenant, 1, 10, 500), (accepted.Tenant, accepted.Requests, accepted.Items, accepted.Bytes));
        var old = rows.Single(row => row.Reason == "start_too_old");
        Assert.Equal((1, 2, 0), (old.Requests, old.Items, old.Bytes));
        Assert.Empty(_events.Take());
    }

    [Fact]
    public void Record_MoreRowsThanKept_CountsTheLoss()
    {
        for (var tenant = 0; tenant < 130; tenant++)
            _events.Record(new TenantId(Guid.NewGuid()), IngestTransport.HttpJson, IngestSignal.Logs, IngestReason.Malformed, new IngestTally(), 1);

        var rows = _events.Take();
        Assert.Equal(101, rows.Count);
        Assert.Equal(30, rows.Single(row => row.Reason == "counters_lost").Requests);
    }

    [Fact]
    public async Task Flush_StoreAway_KeepsTheRowsForTheNextTime()
    {
        using var flush = new FlushIngestEvents(_events, this, _options, TimeProvider.System, NullLogger<FlushIngestEvents>.Instance);
        _events.Record(IngestEvents.Nobody, IngestTransport.Grpc, IngestSignal.Traces, IngestReason.UnknownKey, new IngestTally(), 0);
        _away = true;
        Assert.False(await flush.FlushAsync(CancellationToken.None));
        _away = false;
        Assert.True(await flush.FlushAsync(CancellationToken.None));
        Assert.Equal("unknown_key", Assert.Single(_saved).Reason);
    }

    [Fact]
    public void Name_EveryReason_IsSnakeCase() =>
        Assert.All(Enum.GetValues<IngestReason>(), reason => Assert.Matches("^[a-z0-9]+(_[a-z0-9]+)*$", reason.Name()));

    Task IIngestEventStore.SaveAsync(IReadOnlyList<IngestEventRow> rows, CancellationToken cancellationToken)
    {
        if (_away) throw new IOException("away");
        _saved.AddRange(rows);
        return Task.CompletedTask;
    }

    public void Dispose() => _services.Dispose();
}
