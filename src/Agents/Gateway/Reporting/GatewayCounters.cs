using System.Collections.Concurrent;
using FinOps.Domain.Usage;
using FinOps.Gateway.Structure;
using Prometheus;

namespace FinOps.Gateway.Reporting;

/// <summary>What the gateway counts, in Prometheus' words.</summary>
internal sealed class GatewayCounters
{
    /// <summary>Models of providers that have series of their own; further ones count together. A host that repeats what was asked lets callers name models.</summary>
    private const int MaxModels = 200;

    /// <summary>The model of those that have none of their own.</summary>
    private const string OtherModels = "other";

    private static readonly double[] Seconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

    private readonly ConcurrentDictionary<string, ProviderSeries> _ofProviders = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Provider, string Model), ModelSeries> _ofModels = new();
    private int _models;
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly Counter _calls;
    private readonly Counter _refused;
    private readonly Counter _tokens;
    private readonly Counter _cost;
    private readonly Counter _unpriced;
    private readonly Counter _noUsage;
    private readonly Counter _unreadEvents;
    private readonly Histogram _duration;
    private readonly Gauge _inFlight;
    private readonly Counter _sentReports;
    private readonly Counter _delayedReports;
    private readonly Counter _droppedReports;
    private readonly Counter _stuckReports;
    private readonly Counter _lostSpans;
    private readonly Gauge _waitingBytes;
    private readonly Counter _hits;
    private readonly Counter _avoided;
    private readonly Counter _cacheDrops;
    private readonly Gauge _cacheBytes;
    private readonly Counter _breakers;
    private readonly Counter _shared;
    private readonly Gauge _sharedBytes;
    private readonly Counter _embeddings;
    private readonly Counter _outputs;
    private readonly Counter _warmPrompts;
    private readonly Counter _laterUsage;
    private readonly Counter _budgetsLeftOut;

    public GatewayCounters()
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(_registry);
        // The text format that is served has no place for them.
        factory.ExemplarBehavior = ExemplarBehavior.NoExemplars();
        Leases = new LeaseCounters(factory);
        _calls = factory.CreateCounter("finops_gateway_calls_total", "Attempts at providers, by outcome: ok, or the error's type.", "provider", "model", "outcome");
        _refused = factory.CreateCounter("finops_gateway_refused_total", "Calls that the gateway answered itself.", "reason");
        _tokens = factory.CreateCounter("finops_gateway_tokens_total", "Tokens that providers reported.", "provider", "model", "kind");
        _cost = factory.CreateCounter("finops_gateway_cost_usd_total", "Cost by the list of prices in the program.", "provider", "model");
        _unpriced = factory.CreateCounter("finops_gateway_unpriced_total", "Attempts with usage and no known price.", "provider", "model");
        _noUsage = factory.CreateCounter("finops_gateway_usage_untold_total", "Answers without usage: estimated (from what went by) or missing.", "provider", "kind");
        _unreadEvents = factory.CreateCounter("finops_gateway_unread_total", "Answers, or parts of streams, that were passed on unread, by reason.", "reason");
        _duration = factory.CreateHistogram("finops_gateway_duration_seconds", "From a call's head to the end of its answer.", ["provider"], new HistogramConfiguration { Buckets = Seconds });
        _inFlight = factory.CreateGauge("finops_gateway_calls_in_flight", "Calls that are being answered.");
        _sentReports = factory.CreateCounter("finops_gateway_reports_sent_total", "Reports that ingest took.");
        _delayedReports = factory.CreateCounter("finops_gateway_reports_delayed_total", "Attempts to send a report that failed and are repeated.");
        _droppedReports = factory.CreateCounter("finops_gateway_reports_dropped_total", "Reports that were dropped: size (report.max_disk_megabytes), age (report.max_hours), refused, disk, unreadable.", "reason");
        _stuckReports = factory.CreateCounter("finops_gateway_reports_stuck_total", "Reports that were done with and could not be removed from the disk: they are sent once more after a restart.");
        _lostSpans = factory.CreateCounter("finops_gateway_spans_lost_total", "Attempts that could not be made into a report.");
        _hits = factory.CreateCounter("finops_gateway_answered_here_total", "Calls that were answered without a model: from the cache, with a text of a policy, or with the answer of an equal call.", "provider");
        _avoided = factory.CreateCounter("finops_gateway_tokens_avoided_total", "Tokens that the provider reported when the answer was kept.", "provider");
        _cacheDrops = factory.CreateCounter("finops_gateway_cache_dropped_total", "Kept answers and vectors that are gone before their time: memory (never asked for again, or no disk part), disk_size, disk, disk_slow (too many waited to be written), expired, too_long, unreadable.", "reason");
        _cacheBytes = factory.CreateGauge("finops_gateway_cache_bytes", "Kept answers and vectors.", "where");
        _breakers = factory.CreateCounter("finops_gateway_breakers_opened_total", "How often a model of a provider was found to fail and passed over.", "provider");
        _shared = factory.CreateCounter(
            "finops_gateway_shared_total",
            "Calls that found an equal one in flight, by what became of them: shared, failed (as the one in flight did), left (by themselves), too_many (beyond max_waiters: sent themselves), too_slow (a follower that read too slowly); and unheld, answers that took no followers because limits.max_shared_megabytes were held.",
            "outcome");
        _sharedBytes = factory.CreateGauge("finops_gateway_shared_bytes", "Held of answers in flight for the callers that wait for them.");
        _embeddings = factory.CreateCounter(
            "finops_gateway_embeddings_total",
            "Texts of lists with a policy embedding_cache: kept (answered here), asked (of the provider), too_long and unexpected (asked, and not kept: limits.max_buffered_answer_megabytes, or an answer that is no list of vectors in order); unread, requests whose input is none that is known.",
            "outcome");
        _outputs = factory.CreateCounter(
            "finops_gateway_outputs_total",
            "Answers that had to have a structure, where a fallback acts on it: valid, refused (by the model), cut (at the limit of tokens), not_json, not_of_schema, no_tool, unchecked (too long, or beyond what is checked).",
            "verdict");
        _warmPrompts = factory.CreateCounter(
            "finops_gateway_warm_prompts_total",
            "Calls that a policy sent to a cheaper model while the last one's provider had their prompt warm: kept (they stayed, for that was cheaper), left; and evicted, prompts that were forgotten before their time because too many were warm.",
            "outcome");
        _laterUsage = factory.CreateCounter(
            "finops_gateway_later_usage_total",
            "Usage that is told after its call, by outcome: begun (answers in the background), told (theirs, of a batch or of an item of one), repeated (told before: it counts once); and forgotten, what was begun or told before the last 10,000 or 100,000.",
            "outcome");
        _budgetsLeftOut = factory.CreateCounter("finops_gateway_budgets_left_out_total", "Budget policies that matched a call and did not bound it, because 16 others that go before did.");
        _waitingBytes = factory.CreateGauge("finops_gateway_reports_waiting_bytes", "Reports that wait to be sent.", "where");
    }

    public LeaseCounters Leases { get; }

    public void CountAttempt(Attempt attempt)
    {
        var provider = attempt.Provider.Name;
        if (attempt.IsCacheHit)
        {
            Of(provider).Hits.Inc();
            Of(provider).Avoided.Inc(attempt.Usage.InputTotal + attempt.Usage.OutputTotal);
            return;
        }

        if (attempt.Error.Length == 0 && attempt.TokensAvoided > 0) Of(provider).Avoided.Inc(attempt.TokensAvoided);

        // The provider's name for it: what a caller asks for can be anything.
        var series = Of(provider, attempt.Facts.Model);
        if (attempt.Error.Length == 0) series.Ok.Inc();
        else series.Failed(attempt.Error).Inc();
        if (attempt.UsageSource != UsageSource.Reported)
        {
            if (attempt.Error.Length == 0 || attempt.UsageSource == UsageSource.Estimated) _noUsage.WithLabels(provider, attempt.UsageSource == UsageSource.Estimated ? "estimated" : "missing").Inc();
            if (attempt.UsageSource == UsageSource.Missing) return;
        }

        series.Input.Inc(attempt.Usage.InputTotal);
        series.Output.Inc(attempt.Usage.OutputTotal);
        if (attempt.Cost is { } cost) series.Cost.Inc((double)cost);
        else series.Unpriced.Inc();
    }

    private ModelSeries Of(string provider, string model)
    {
        if (_ofModels.TryGetValue((provider, model), out var series)) return series;
        if (model.Length != 0 && (Volatile.Read(ref _models) >= MaxModels || Interlocked.Increment(ref _models) > MaxModels)) model = OtherModels;
        return _ofModels.GetOrAdd((provider, model), static (pair, self) => new ModelSeries(self, pair.Provider, pair.Model), this);
    }

    private ProviderSeries Of(string provider) => _ofProviders.GetOrAdd(provider, static (name, self) => new ProviderSeries(self, name), this);

    public void CountRefusal(string reason) => _refused.WithLabels(reason).Inc();

    public void CountCacheDrop(string reason) => _cacheDrops.WithLabels(reason).Inc();

    public void CountBreaker(string provider) => _breakers.WithLabels(provider).Inc();

    public void CountEmbeddings(string outcome, int texts) => _embeddings.WithLabels(outcome).Inc(texts);

    public void CountOutput(OutputVerdict verdict) => _outputs.WithLabels(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(verdict.ToString())).Inc();

    public void CountWarmPrompt(string outcome) => _warmPrompts.WithLabels(outcome).Inc();

    public void CountLaterUsage(string outcome) => _laterUsage.WithLabels(outcome).Inc();

    public void CountBudgetsLeftOut(int budgets) => _budgetsLeftOut.Inc(budgets);

    public void CountShared(string outcome) => _shared.WithLabels(outcome).Inc();

    public void CountSharedBytes(long more) => _sharedBytes.Inc(more);

    public void CountUnread(string reason) => _unreadEvents.WithLabels(reason).Inc();

    public void CountSentReport() => _sentReports.Inc();

    public void CountDelayedReport() => _delayedReports.Inc();

    public void CountDroppedReport(string reason) => _droppedReports.WithLabels(reason).Inc();

    public void CountStuckReport() => _stuckReports.Inc();

    public void CountLostSpans(int spans) => _lostSpans.Inc(spans);

    public void ObserveDuration(string provider, double seconds) => Of(provider).Duration.Observe(seconds);

    public Task WriteAsync(Stream to, int inFlight, (long Memory, long Disk) waiting, (long Memory, long Disk) cache, CancellationToken cancellationToken)
    {
        _inFlight.Set(inFlight);
        _waitingBytes.WithLabels("memory").Set(waiting.Memory);
        _waitingBytes.WithLabels("disk").Set(waiting.Disk);
        _cacheBytes.WithLabels("memory").Set(cache.Memory);
        _cacheBytes.WithLabels("disk").Set(cache.Disk);
        return _registry.CollectAndExportAsTextAsync(to, cancellationToken);
    }

    /// <summary>A provider's series, which each call counts on: found by its name once. A series is there from the first time that something is counted.</summary>
    private sealed class ProviderSeries(GatewayCounters counters, string provider)
    {
        public Counter.Child Hits => field ??= counters._hits.WithLabels(provider);

        public Counter.Child Avoided => field ??= counters._avoided.WithLabels(provider);

        public Histogram.Child Duration => field ??= counters._duration.WithLabels(provider);
    }

    /// <summary>The same of a model.</summary>
    private sealed class ModelSeries(GatewayCounters counters, string provider, string model)
    {
        public Counter.Child Ok => field ??= counters._calls.WithLabels(provider, model, "ok");

        public Counter.Child Failed(string error) => counters._calls.WithLabels(provider, model, error);

        public Counter.Child Input => field ??= counters._tokens.WithLabels(provider, model, "input");

        public Counter.Child Output => field ??= counters._tokens.WithLabels(provider, model, "output");

        public Counter.Child Cost => field ??= counters._cost.WithLabels(provider, model);

        public Counter.Child Unpriced => field ??= counters._unpriced.WithLabels(provider, model);
    }
}
