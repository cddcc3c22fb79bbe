using System.Diagnostics.Metrics;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Digests;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Digests;

/// <summary>
/// Every five minutes: writes the digests whose morning has come into the outbox of mails; a job of Hangfire. What a digest says is read before the transaction that claims and writes it, so a run that is killed, late, or
/// beside another one writes none twice (docs/adr/0030).
/// </summary>
public sealed class WriteDigests(FinOpsDatabase database, DigestBook book, DigestReader reader, Members members, IDigestLetter letter, TimeProvider clock, IOptions<DigestOptions> options, ILogger<WriteDigests> logger)
{
    private static readonly Meter Meter = new("FinOps.Analytics.Digests");
    private static readonly Counter<long> Written = Meter.CreateCounter<long>("finops.digests.written", description: "Digests that were written into the outbox");
    private static readonly Counter<long> LeftForLater = Meter.CreateCounter<long>("finops.digests.left_for_later", description: "Digests beyond those that one run writes");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!letter.CanSend) return;
        Exception? first = null;
        var due = await book.DueAsync(cancellationToken);
        LeftForLater.Add(Math.Max(0, due.Count - options.Value.PerRun));
        foreach (var one in due.Take(options.Value.PerRun))
        {
            try
            {
                if (await ReadAsync(one.Tenant, one.UserId, one.Period, one.Zone, cancellationToken) is { } digest && await book.WriteAsync(digest, letter, cancellationToken)) Written.Add(1);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // One member's trouble holds up nobody else's digest; the next run tries again.
                Log.NotWritten(logger, failure, one.Tenant);
                first ??= failure;
            }
        }

        if (first is not null) throw new InvalidOperationException($"Not all digests were written: {first.Message}", first);
    }

    /// <summary>The latest whole week, or month where only that is wanted, to the member themselves; their subscription stays as it is.</summary>
    public async Task<AskedDigest> WriteAskedAsync(TenantId tenant, Guid userId, DigestKind kind, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        if (!letter.CanSend || await ReadAsync(tenant, userId, DigestPeriod.LatestDue(clock.GetUtcNow(), kind, zone, hour: 0), zone, cancellationToken) is not { } digest) return AskedDigest.NotPossible;
        return await book.WriteAskedAsync(digest, letter, cancellationToken);
    }

    /// <summary>Null: they are no member any more, have no address, or the organisation is suspended and nobody sees its pages.</summary>
    private async Task<Digest?> ReadAsync(TenantId tenant, Guid userId, DigestPeriod period, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        if (await members.StandingAsync(userId, tenant, cancellationToken) is not { Place: { Suspension: null } place }) return null;
        string? email;
        await using (var accounts = database.OpenWithoutTenant())
            email = await accounts.Users.Where(user => user.Id == userId).Select(user => user.Email).SingleOrDefaultAsync(cancellationToken);
        return string.IsNullOrEmpty(email) ? null : await reader.ReadAsync(place, userId, email, period, zone, cancellationToken);
    }
}
