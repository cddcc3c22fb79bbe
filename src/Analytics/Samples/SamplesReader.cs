using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Samples;

/// <summary>Opens samples of prompts and answers. Each reading is in the audit record before the first byte is opened.</summary>
public sealed class SamplesReader(
    ClickHouseStore store, FinOpsDatabase database, CallsReader calls, SampleKeyProtection protection, AuditTrail audit, ILogger<SamplesReader> logger)
{
    private static readonly Meter Meter = new("FinOps.Analytics.Samples");
    private static readonly Counter<long> NotOpened = Meter.CreateCounter<long>("finops.samples.not_opened", description: "Samples whose key is gone, or that were changed");

    /// <summary>Whether a sample of the call is kept. Opens nothing.</summary>
    public async Task<bool> HasAsync(TenantId tenant, CallDetail call, CancellationToken cancellationToken) =>
        (await store.QueryAsync(new SamplesOfCall(tenant, IdsOf(call), WithContent: false), cancellationToken)).Count > 0;

    /// <summary>The call's sample: what its own report told, else the report that told most. Null where there is no such call, or no sample of it.</summary>
    public async Task<OpenedSample?> OpenAsync(TenantId tenant, CallId id, Actor actor, CancellationToken cancellationToken)
    {
        if (await calls.AskAsync(new CallQuestion(ReadScope.Whole(tenant), id), cancellationToken) is not { } call) return null;
        var rows = await store.QueryAsync(new SamplesOfCall(tenant, IdsOf(call), WithContent: true), cancellationToken);
        if (rows.OrderBy(row => row.Id != call.Call.Id).ThenByDescending(row => row.ToldBytes).FirstOrDefault() is not { } best) return null;
        await audit.RecordAsync(tenant, new AuditEntry(actor, AuditActs.SampleRead, call.Call.Id.ToString(), "a call's sample"), cancellationToken);
        return Open(best, await KeysAsync(tenant, cancellationToken));
    }

    /// <summary>The samples of a page, opened one after the other.</summary>
    public async IAsyncEnumerable<OpenedSample> ExportAsync(SamplesQuestion question, Actor actor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(question.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(question.Limit, SamplesQuestion.MaxLimit);
        await audit.RecordAsync(question.Tenant, new AuditEntry(actor, AuditActs.SamplesExported, question.Tenant.ToString(), "samples")
        {
            After = new { question.Range.From, question.Range.To, Project = question.Project?.Value, question.Limit, After = question.After?.ToString() },
        }, cancellationToken);
        var keys = await KeysAsync(question.Tenant, cancellationToken);
        await foreach (var row in store.StreamAsync(new SamplePage(question), cancellationToken)) yield return Open(row, keys);
    }

    private OpenedSample Open(SampleRow row, Dictionary<Guid, SampleKey> keys)
    {
        IReadOnlyList<SamplePart>? parts = null;
        if (keys.TryGetValue(row.KeyId, out var key) && key.TryOpen(row.Place, row.Sealed, out var content))
        {
            parts = SamplePart.Read(content);
        }
        else
        {
            NotOpened.Add(1);
            Log.SampleNotOpened(logger, row.Place.Tenant.Value, row.Id.ToString());
        }

        return new OpenedSample(row.Id, row.Place.Project, row.Start, row.KeptBytes, row.ToldBytes, parts);
    }

    /// <summary>Asked for anew each time: a key that is gone opens nothing from that moment on.</summary>
    private async Task<Dictionary<Guid, SampleKey>> KeysAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var rows = await database.RunAsync(
            tenant, context => context.Set<TenantSampleKey>().AsNoTracking().Where(key => key.TenantId == tenant.Value).ToListAsync(cancellationToken), cancellationToken);
        return rows.Select(protection.Open).OfType<SampleKey>().ToDictionary(key => key.Id);
    }

    private static List<CallId> IdsOf(CallDetail call) => [.. call.Reports.Select(report => report.Id)];
}
