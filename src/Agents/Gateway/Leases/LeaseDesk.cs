using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FinOps.Domain.Outbound;
using FinOps.Domain.Policies.Control;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Leases;

/// <summary>Speaks with the control plane about leases. Whatever goes wrong is no answer: what follows from that is decided elsewhere.</summary>
internal sealed class LeaseDesk : IDisposable
{
    /// <summary>For one answer. Default 5 s.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Of an answer. Default 64 KiB.</summary>
    private const int MaxAnswerBytes = 64 << 10;

    private readonly Func<string?> _agentKey;
    private readonly LeaseCounters _counters;
    private readonly ILogger _log;
    private readonly HttpClient _client;
    private bool _isSilent;

    /// <param name="agentKey">Null: the gateway has not enrolled yet.</param>
    public LeaseDesk(Uri address, Func<string?> agentKey, LeaseCounters counters, ILogger log)
    {
        (_agentKey, _counters, _log) = (agentKey, counters, log);
#pragma warning disable RS0030 // One client for the life of the process, which owns its handler.
        _client = new HttpClient(new SocketsHttpHandler { SslOptions = WholeChains.NewOptions(), AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
#pragma warning restore RS0030
        {
            BaseAddress = address,
            Timeout = AnswerTimeout,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
    }

    /// <summary>Null: there was no answer.</summary>
    public async Task<LeaseGrant?> ReserveAsync(LeaseRequest request, CancellationToken cancellationToken)
    {
        var (status, body) = await PostAsync(AgentControl.ReserveLeasePath, request, ControlJson.Default.LeaseRequest, cancellationToken);
        if (status == HttpStatusCode.NotFound) Log.NoSuchBudget(_log, request.PolicyId, request.BudgetId);
        var grant = status == HttpStatusCode.OK && body is not null ? Read(body) : null;
        _counters.CountAnswer(status == HttpStatusCode.NotFound ? "no_budget" : grant is null ? "none" : grant.Usd > 0 ? "granted" : "refused");
        return grant;
    }

    private LeaseGrant? Read(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ControlJson.Default.LeaseGrant);
        }
        catch (JsonException e)
        {
            Log.NoLease(_log, e.Message);
            return null;
        }
    }

    /// <param name="isFinal">It is given back by it.</param>
    public async Task<WordOutcome> TellAsync(LeaseSettlement word, bool isFinal, CancellationToken cancellationToken)
    {
        var (status, _) = await PostAsync(isFinal ? AgentControl.ReturnLeasePath : AgentControl.SettleLeasePath, word, ControlJson.Default.LeaseSettlement, cancellationToken);
        return status switch
        {
            >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => WordOutcome.Taken,
            HttpStatusCode.NotFound => WordOutcome.Unknown,
            _ => WordOutcome.NoAnswer,
        };
    }

    private async Task<(HttpStatusCode? Status, byte[]? Body)> PostAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        if (_agentKey() is not { } key) return default;
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        try
        {
            using var response = await _client.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotFound) Volatile.Write(ref _isSilent, false);
            else TellOnce($"status {(int)response.StatusCode}");
            return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            if (!cancellationToken.IsCancellationRequested) TellOnce(e.Message);
            return default;
        }
    }

    /// <summary>That it is away is said once, until it answers again: it is asked every second.</summary>
    private void TellOnce(string reason)
    {
        if (!Interlocked.Exchange(ref _isSilent, true)) Log.NoLease(_log, reason);
    }

    public void Dispose() => _client.Dispose();
}
