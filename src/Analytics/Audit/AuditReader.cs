using System.Runtime.CompilerServices;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Audit;

/// <summary>Lists, exports and verifies chains.</summary>
public sealed class AuditReader(FinOpsDatabase database)
{
    /// <summary>Entries of one export. Default 100,000: a longer one goes in parts, by time.</summary>
    public const int MaxExported = 100_000;

    /// <summary>Of the patterns below.</summary>
    private const string Escape = "\\";

    /// <summary>Entries read in one transaction, so that a walk along a long chain holds none open.</summary>
    private const int PageSize = 1000;

    /// <summary>Every chain that has, or should have, entries: the tenants' and the installation's.</summary>
    public async Task<IReadOnlyList<TenantId>> ChainsAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay("SELECT tenant_id FROM finops.audit_chains() ORDER BY tenant_id");
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<TenantId> chains = [];
        while (await row.ReadAsync(cancellationToken)) chains.Add(new TenantId(row.GetGuid(0)));
        return chains;
    }

    public Task<AuditAnswer> AskAsync(AuditQuestion question, CancellationToken cancellationToken) => database.RunAsync(question.Chain, async context =>
    {
        var entries = await Matching(context, question).Take(question.Limit + 1).ToListAsync(cancellationToken);
        return entries.Count <= question.Limit
            ? new AuditAnswer(entries, null)
            : new AuditAnswer(entries[..question.Limit], entries[question.Limit - 1].Sequence);
    }, cancellationToken);

    /// <summary>All entries of the question, page by page; at most <see cref="MaxExported"/>.</summary>
    public async IAsyncEnumerable<AuditRecord> ReadAllAsync(AuditQuestion question, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var left = MaxExported;
        for (long? before = question.Before; left > 0;)
        {
            var answer = await AskAsync(question with { Before = before, Limit = Math.Min(PageSize, left) }, cancellationToken);
            foreach (var entry in answer.Entries) yield return entry;
            left -= answer.Entries.Count;
            if (answer.Next is null) yield break;
            before = answer.Next;
        }
    }

    /// <summary>Walks along the whole chain, as it ended when the walk began.</summary>
    public async Task<AuditVerdict> VerifyAsync(TenantId chain, CancellationToken cancellationToken)
    {
        var head = await database.RunAsync(chain, context => context.AuditHeads.AsNoTracking().SingleOrDefaultAsync(cancellationToken), cancellationToken);
        var walk = new AuditWalk();
        // From below the first, so that an entry put before it is met, too.
        long after = long.MinValue, last = head?.Sequence ?? long.MaxValue;
        List<AuditRecord> page;
        do
        {
            page = await database.RunAsync(chain, context => context.AuditEntries.AsNoTracking()
                .Where(entry => entry.Sequence > after && entry.Sequence <= last).OrderBy(entry => entry.Sequence).Take(PageSize).ToListAsync(cancellationToken), cancellationToken);
            foreach (var entry in page)
            {
                if (walk.Step(entry) is { } broken) return Verdict(walk, head, broken);
                after = entry.Sequence;
            }
        }
        while (page.Count == PageSize);

        return Verdict(walk, head, walk.End(head) ?? await FindBeyondAsync(chain, cancellationToken));
    }

    /// <summary>An entry after the head was not written by the one function that moves it. One statement: both are of the same moment.</summary>
    private async Task<BrokenLink?> FindBeyondAsync(TenantId chain, CancellationToken cancellationToken)
    {
        var beyond = await database.RunAsync(chain, context => context.AuditEntries
            .Where(entry => entry.Sequence > context.AuditHeads.Max(head => (long?)head.Sequence)).MinAsync(entry => (long?)entry.Sequence, cancellationToken), cancellationToken);
        return beyond is { } sequence ? new BrokenLink(sequence, $"Entry {sequence} stands beyond the end of the chain: it was added by hand.") : null;
    }

    private static AuditVerdict Verdict(AuditWalk walk, AuditHead? head, BrokenLink? broken) =>
        new(walk.Sequence, head is null ? "" : Convert.ToHexStringLower(head.Hash), broken);

    private static IQueryable<AuditRecord> Matching(FinOpsDbContext context, AuditQuestion question)
    {
        var entries = context.AuditEntries.AsNoTracking().Where(entry => entry.TenantId == question.Chain.Value);
        if (question.Before is { } before) entries = entries.Where(entry => entry.Sequence < before);
        if (question.From?.ToUniversalTime() is { } from) entries = entries.Where(entry => entry.RecordedAt >= from);
        if (question.To?.ToUniversalTime() is { } to) entries = entries.Where(entry => entry.RecordedAt < to);
        if (question.Act is { Length: > 0 } act)
        {
            var pattern = Literally(act) + ".%";
            entries = entries.Where(entry => entry.Act == act || EF.Functions.Like(entry.Act, pattern, Escape));
        }

        if (question.Actor is { Length: > 0 } actor)
        {
            var pattern = $"%{Literally(actor)}%";
            entries = entries.Where(entry => entry.ActorId == actor || EF.Functions.ILike(entry.ActorName, pattern, Escape));
        }

        if (question.Subject is { Length: > 0 } subject)
        {
            var pattern = $"%{Literally(subject)}%";
            entries = entries.Where(entry => entry.SubjectId == subject || EF.Functions.ILike(entry.SubjectName, pattern, Escape));
        }

        return entries.OrderByDescending(entry => entry.Sequence);
    }

    /// <summary>What a person typed is text, not a pattern.</summary>
    private static string Literally(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);
}
