using System.Net;
using FinOps.Domain.Pricing;
using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Mapping;
using FinOps.Ingest.Otlp;
using FinOps.Ingest.Otlp.Bodies;
using FinOps.Ingest.Pipeline;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FinOps.Ingest.Tests.Otlp;

/// <summary>The front door on real sockets, with the edges (keys, rows, prices, counters) in memory.</summary>
internal sealed class FrontDoor : IAsyncDisposable, IKeyDirectory, IRowWriter, IPriceSource, IIngestEventStore, IQuotaSource
{
    public const string Key = "ingest-key-0123456789abcdef";
    public const string ApiKey = "api-key-0123456789abcdefghij";
    public const string RevokedKey = "revoked-key-0123456789abcdef";
    public const string ExpiredKey = "expired-key-0123456789abcdef";

    private readonly WebApplication _app;
    private readonly Dictionary<string, KeyRecord> _records;
    private readonly List<HttpClient> _clients = [];

    private FrontDoor(Dictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        // The captures are of November 2026.
        builder.Configuration.AddInMemoryCollection([new($"{MappingLimits.Section}:{nameof(MappingLimits.MaxStartAgeDays)}", "36500")]);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => { endpoint.Protocols = HttpProtocols.Http1; endpoint.ServeOnlyOtlp(); });
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => { endpoint.Protocols = HttpProtocols.Http2; endpoint.ServeOnlyOtlp(); });
        });
        builder.Services.AddSingleton<IKeyDirectory>(this);
        builder.Services.AddSingleton<IRowWriter>(this);
        builder.Services.AddSingleton<IPriceSource>(this);
        builder.Services.AddSingleton<IIngestEventStore>(this);
        builder.Services.AddSingleton<IQuotaSource>(this);
        builder.Services.AddIngest();
        _app = builder.Build();
        _app.MapIngest();
        _app.Run(context =>
        {
            BlockBytes = context.Features.GetRequiredFeature<IMemoryPoolFeature>().MemoryPool.MaxBufferSize;
            return context.Response.WriteAsync("page");
        });
        _records = new()
        {
            [Key] = Record(KeyKind.Ingest),
            [ApiKey] = Record(KeyKind.Api),
            [RevokedKey] = Record(KeyKind.Ingest) with { RevokedAt = DateTimeOffset.UnixEpoch },
            [ExpiredKey] = Record(KeyKind.Ingest) with { ExpiresAt = DateTimeOffset.UnixEpoch },
        };
    }

    public TenantId Tenant { get; } = new(Guid.NewGuid());

    public TenantLimits Limits { get; set; } = TenantLimits.None;

    /// <summary>What the writer answers; null throws.</summary>
    public WriteOutcome? Outcome { get; set; } = WriteOutcome.Stored;

    /// <summary>What the writer waits for before it answers.</summary>
    public Task WriteGate { get; set; } = Task.CompletedTask;

    public bool KeysAway { get; set; }

    public List<IngestEventRow> Events { get; } = [];

    /// <summary>Bytes that the connection of the last page receives at once.</summary>
    public int BlockBytes { get; private set; }

    public List<string> Responses { get; } = [];

    public int Batches { get; private set; }

    /// <summary>Clients of the main port, the OTLP/HTTP port and the OTLP/gRPC port.</summary>
    public HttpClient Main => _clients[0];

    public HttpClient Http => _clients[1];

    public HttpClient Grpc => _clients[2];

    public long BufferedBytes => _app.Services.GetRequiredService<MemoryBudget>().Bytes;

    public static async Task<FrontDoor> OpenAsync(params (string Key, string Value)[] settings)
    {
        var door = new FrontDoor(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value));
        await door._app.StartAsync();
        foreach (var url in door._app.Urls) door._clients.Add(door.CreateClient(new Uri(url), door._clients.Count == 2));
        return door;
    }

    public async Task<IngestEventRow> EventAsync(string reason)
    {
        // The answer may overtake the counter by a moment.
        for (var attempt = 0; attempt < 100; attempt++)
        {
            Events.AddRange(_app.Services.GetRequiredService<IngestEvents>().Take());
            if (Events.Find(row => row.Reason == reason) is { } found) return found;
            await Task.Delay(20);
        }

        throw new InvalidOperationException($"No {reason} among: {string.Join(", ", Events.Select(row => row.Reason))}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        await _app.DisposeAsync();
    }

    public ValueTask<KeyRecord?> FindAsync(ReadOnlyMemory<byte> tokenSha256, CancellationToken cancellationToken)
    {
        if (KeysAway) throw new IOException("The store of keys is away.");
        return new ValueTask<KeyRecord?>(_records.FirstOrDefault(pair =>
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(pair.Key)).AsSpan().SequenceEqual(tokenSha256.Span)).Value);
    }

    public ValueTask RecordUseAsync(IReadOnlyCollection<KeyUse> uses, CancellationToken cancellationToken) => default;

    public async ValueTask<WriteOutcome> WriteAsync(RowBatch batch, CancellationToken cancellationToken)
    {
        await WriteGate.WaitAsync(cancellationToken);
        if (Outcome is not { } outcome) throw new IOException("The disk is gone.");
        lock (Responses)
        {
            Responses.AddRange(batch.Calls.Select(call => call.ResponseId));
            Batches++;
        }

        return outcome;
    }

    TenantLimits IQuotaSource.Current(TenantId tenant) => Limits;

    public PriceSnapshot Current(TenantId tenant) => PriceSnapshot.Empty;

    public Task SaveAsync(IReadOnlyList<IngestEventRow> rows, CancellationToken cancellationToken) => Task.CompletedTask;

    private KeyRecord Record(KeyKind kind) =>
        new(Guid.NewGuid(), kind, Tenant, new ProjectId(Guid.NewGuid()), BoundTags.None, new byte[32], null, null);

    private HttpClient CreateClient(Uri address, bool http2)
    {
#pragma warning disable RS0030 // Owned and disposed by this fixture.
        return new HttpClient(new SocketsHttpHandler())
        {
            BaseAddress = address,
            DefaultRequestVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
#pragma warning restore RS0030
    }
}
