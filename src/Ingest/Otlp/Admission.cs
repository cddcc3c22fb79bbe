using FinOps.Ingest.Authentication;
using FinOps.Ingest.Health;
using FinOps.Ingest.Otlp.Bodies;
using FinOps.Ingest.Quotas;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.ObjectPool;

namespace FinOps.Ingest.Otlp;

/// <summary>Who sends, and the door of their tenant, where what they send is counted.</summary>
internal readonly record struct Sender(IngestPrincipal Principal, TenantDoor Door);

/// <summary>Step 2 for either transport: who sends, is there room for one more request, and is their tenant within its quotas.</summary>
internal sealed class Admission(KeyRing keys, MemoryBudget budget, TenantDoors doors, IngestEvents events)
{
    private readonly ObjectPool<IngestTally> _tallies = new DefaultObjectPool<IngestTally>(new TallyPolicy());

    /// <summary>Runs one request from its headers to its outcome, and counts it.</summary>
    public async ValueTask<ExportOutcome> RunAsync<TState>(
        HttpContext context, IngestTransport transport, IngestSignal signal, TState state,
        Func<HttpContext, Sender, IngestTally, TState, ValueTask<(ExportOutcome Outcome, long Bytes)>> receive)
    {
        var tally = _tallies.Get();
        IngestPrincipal? principal = null;
        var outcome = new ExportOutcome(IngestReason.Busy);
        long bytes = 0;
        if (budget.TryEnter())
        {
            try
            {
                (principal, var reason) = await AuthenticateAsync(context);
                if (reason != IngestReason.Accepted) outcome = new ExportOutcome(reason);
                else (outcome, bytes) = await ThroughTheDoorAsync(context, principal!, tally, state, receive);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                outcome = new ExportOutcome(IngestReason.ClientAborted);
            }
            finally
            {
                budget.Leave();
            }
        }

        events.Record(principal?.Tenant ?? IngestEvents.Nobody, transport, signal, outcome.Reason, tally, bytes);
        _tallies.Return(tally);
        return outcome;
    }

    private async ValueTask<(ExportOutcome Outcome, long Bytes)> ThroughTheDoorAsync<TState>(
        HttpContext context, IngestPrincipal principal, IngestTally tally, TState state,
        Func<HttpContext, Sender, IngestTally, TState, ValueTask<(ExportOutcome Outcome, long Bytes)>> receive)
    {
        var door = doors.Of(principal.Tenant);
        if (door.TryEnter() is { } refusal) return (new ExportOutcome(refusal.Reason) { RetryAfterSeconds = refusal.RetryAfterSeconds }, 0);
        try
        {
            return await receive(context, new Sender(principal, door), tally, state);
        }
        finally
        {
            door.Share.Leave();
        }
    }

    private ValueTask<KeyDecision> AuthenticateAsync(HttpContext context) => KeyToken.Read(context.Request.Headers, out var hash) switch
    {
        TokenForm.Wellformed => keys.ResolveAsync(hash, context.RequestAborted),
        TokenForm.Missing => new ValueTask<KeyDecision>(new KeyDecision(null, IngestReason.MissingKey)),
        _ => new ValueTask<KeyDecision>(new KeyDecision(null, IngestReason.UnknownKey)),
    };

    private sealed class TallyPolicy : PooledObjectPolicy<IngestTally>
    {
        public override IngestTally Create() => new();

        public override bool Return(IngestTally obj)
        {
            obj.Clear();
            return true;
        }
    }
}
