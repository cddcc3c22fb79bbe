using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Policies;

/// <summary>A gateway key as it shall be.</summary>
/// <param name="Name">For people.</param>
public sealed record GatewayKeyDraft(string Name)
{
    /// <inheritdoc cref="GatewayKey.Tags"/>
    public IReadOnlyDictionary<Tag, string> Tags { get; init; } = new Dictionary<Tag, string>();

    /// <inheritdoc cref="GatewayKey.Models"/>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <inheritdoc cref="GatewayKey.Providers"/>
    public IReadOnlyList<string> Providers { get; init; } = [];
    public DateTimeOffset? ExpiresAt { get; init; }
    public bool Enabled { get; init; } = true;
}

/// <summary>A key that was just made: the only time that it can be read.</summary>
public sealed record MadeGatewayKey(GatewayKey Row, string Token);

/// <summary>One page of keys.</summary>
/// <param name="Keys">Live ones first, the latest first.</param>
/// <param name="Total">Of all pages.</param>
public sealed record GatewayKeyList(IReadOnlyList<GatewayKey> Keys, int Total);

/// <summary>What is wrong with a key as it shall be; the paths are those of its document.</summary>
public sealed class GatewayKeyException(IReadOnlyList<PolicyError> errors) : Exception(string.Join(' ', errors))
{
    public IReadOnlyList<PolicyError> Errors => errors;
}

/// <summary>
/// Virtual keys of a tenant: with which clients come to its gateways, as whom, and for which models. Each change is in the next bundle in the same transaction, so that gateways follow it within seconds, and in the audit record.
/// The providers' keys behind them are only the gateways'.
/// </summary>
public sealed class GatewayKeyBook(FinOpsDatabase database, PublishBundle publish, TimeProvider clock, IOptions<PolicyOptions> options)
{
    /// <summary>Keys of one page. Default 200.</summary>
    public const int MaxListed = 200;

    /// <summary>Revoked keys that a bundle still names, so that gateways can tell what became of them: the latest. Default 1,000.</summary>
    private const int MaxRevokedSent = 1_000;

    /// <summary>As <c>finops gateway key</c> makes them.</summary>
    private const string TokenPrefix = "fgw_";
    private const int TokenBytes = 24;

    /// <param name="id">As policies match it; empty: made of the name.</param>
    /// <param name="draft">What it is to be.</param>
    /// <exception cref="GatewayKeyException">What is wrong with it.</exception>
    /// <exception cref="TenancyException">The id is taken, or there are too many.</exception>
    public Task<MadeGatewayKey> MakeAsync(TenantId tenant, string id, GatewayKeyDraft draft, Actor actor, CancellationToken cancellationToken) => publish.ChangeAsync(tenant, NameOf(actor), async context =>
    {
        var told = id.Trim();
        if (told != told.ToLowerInvariant()) throw new GatewayKeyException([new PolicyError("$.id", "The id has capital letters.", "Write it in small letters.")]);
        if (await Live(context, tenant).CountAsync(cancellationToken) >= options.Value.MaxGatewayKeys)
            throw new TenancyException(string.Create(CultureInfo.InvariantCulture, $"An organisation has at most {options.Value.MaxGatewayKeys:N0} gateway keys. Revoke some first."));
        var made = told.Length > 0 ? told : await FreeIdAsync(context, tenant, draft.Name, cancellationToken);
        if (await Rows(context, tenant).AnyAsync(row => row.Id == made, cancellationToken)) throw new TenancyException($"There is, or was, a gateway key with the id {made}. Choose another one: calls of the past keep theirs.");
        var token = TokenPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
        var row = new GatewayKey
        {
            TenantId = tenant.Value,
            Id = made,
            Name = draft.Name.Trim(),
            Sha256 = SHA256.HashData(Encoding.UTF8.GetBytes(token)),
            Prefix = token[..GatewayKeyConfiguration.PrefixLength],
            Tags = draft.Tags,
            Models = [.. draft.Models],
            Providers = [.. draft.Providers],
            ExpiresAt = draft.ExpiresAt?.ToUniversalTime(),
            Enabled = draft.Enabled,
            MadeAt = Now(),
            MadeBy = NameOf(actor),
        };
        Check(row);
        context.Add(row);
        await context.SaveChangesAsync(cancellationToken);
        await RecordAsync(context, AuditActs.GatewayKeyMade, row, null, actor, cancellationToken);
        return (new MadeGatewayKey(row, token), true);
    }, cancellationToken);

    /// <summary>Id and key stay; all else is as told from now on. Null: the tenant has no such live key.</summary>
    /// <exception cref="GatewayKeyException">What is wrong with it.</exception>
    public Task<GatewayKey?> ChangeAsync(TenantId tenant, string id, GatewayKeyDraft draft, Actor actor, CancellationToken cancellationToken) => publish.ChangeAsync<GatewayKey?>(tenant, NameOf(actor), async context =>
    {
        if (await Live(context, tenant).SingleOrDefaultAsync(row => row.Id == id, cancellationToken) is not { } key) return (null, false);
        var before = State(key);
        (key.Name, key.Tags, key.Models, key.Providers, key.ExpiresAt, key.Enabled) =
            (draft.Name.Trim(), draft.Tags, [.. draft.Models], [.. draft.Providers], draft.ExpiresAt?.ToUniversalTime(), draft.Enabled);
        Check(key);
        if (context.Entry(key).State == EntityState.Unchanged) return (key, false);
        await context.SaveChangesAsync(cancellationToken);
        await RecordAsync(context, AuditActs.GatewayKeyChanged, key, before, actor, cancellationToken);
        return (key, true);
    }, cancellationToken);

    /// <summary>It opens nothing any more, at gateways within seconds; it cannot be undone. Null: the tenant has no such live key.</summary>
    public Task<GatewayKey?> RevokeAsync(TenantId tenant, string id, Actor actor, CancellationToken cancellationToken) => publish.ChangeAsync<GatewayKey?>(tenant, NameOf(actor), async context =>
    {
        if (await Live(context, tenant).SingleOrDefaultAsync(row => row.Id == id, cancellationToken) is not { } key) return (null, false);
        var before = State(key);
        (key.RevokedAt, key.RevokedBy) = (Now(), NameOf(actor));
        await context.SaveChangesAsync(cancellationToken);
        await RecordAsync(context, AuditActs.GatewayKeyRevoked, key, before, actor, cancellationToken);
        return (key, true);
    }, cancellationToken);

    /// <param name="tenant">Whose.</param>
    /// <param name="search">Part of the id or the name, whatever the case; empty: all.</param>
    /// <param name="withRevoked">Also those that are revoked.</param>
    /// <param name="skip">Keys of earlier pages.</param>
    /// <param name="limit">At most <see cref="MaxListed"/>.</param>
    public Task<GatewayKeyList> ListAsync(TenantId tenant, string search, bool withRevoked, int skip, int limit, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        var rows = (withRevoked ? Rows(context, tenant) : Live(context, tenant)).AsNoTracking();
        if (search.Trim() is { Length: > 0 } text)
        {
            var small = text.ToLowerInvariant();
            rows = rows.Where(row => row.Id.Contains(small) || row.Name.ToLower().Contains(small));
        }

        return new GatewayKeyList(
            await rows.OrderBy(row => row.RevokedAt != null).ThenByDescending(row => row.MadeAt).ThenBy(row => row.Id).Skip(skip).Take(Math.Clamp(limit, 1, MaxListed)).ToListAsync(cancellationToken),
            await rows.CountAsync(cancellationToken));
    }, cancellationToken);

    /// <summary>Null: the tenant has no such key.</summary>
    public Task<GatewayKey?> FindAsync(TenantId tenant, string id, CancellationToken cancellationToken) =>
        database.RunAsync(tenant, context => Rows(context, tenant).AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken), cancellationToken);

    /// <summary>What the bundle carries: all that live, and the latest that were revoked, by id.</summary>
    internal static async Task<IReadOnlyList<VirtualKey>> OfBundleAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken)
    {
        var live = await Live(context, tenant).AsNoTracking().Take(PolicyBundleReader.MaxKeys).ToListAsync(cancellationToken);
        var revoked = await Rows(context, tenant).AsNoTracking().Where(row => row.RevokedAt != null).OrderByDescending(row => row.RevokedAt)
            .Take(Math.Min(MaxRevokedSent, PolicyBundleReader.MaxKeys - live.Count)).ToListAsync(cancellationToken);
        return [.. live.Concat(revoked).OrderBy(row => row.Id, StringComparer.Ordinal).Select(row => row.ToKey())];
    }

    private static IQueryable<GatewayKey> Rows(FinOpsDbContext context, TenantId tenant) => context.Set<GatewayKey>().Where(row => row.TenantId == tenant.Value);

    private static IQueryable<GatewayKey> Live(FinOpsDbContext context, TenantId tenant) => Rows(context, tenant).Where(row => row.RevokedAt == null);

    /// <summary>By the reader that gateways have: what it takes is what can be stored.</summary>
    private static void Check(GatewayKey row)
    {
        const string root = "$.keys[0]";
        var (_, errors) = PolicyBundleReader.Read(PolicyBundleWriter.Write(new PolicyBundle { Keys = [row.ToKey()] }));
        List<PolicyError> told = [.. errors.Select(error => error with { Path = error.Path.Replace(root, "$", StringComparison.Ordinal) })];
        if (row.Name.Length == 0) told.Add(new PolicyError("$.name", "The name is empty.", "Write what people should read."));
        if (told.Count > 0) throw new GatewayKeyException(told);
    }

    private static async Task<string> FreeIdAsync(FinOpsDbContext context, TenantId tenant, string name, CancellationToken cancellationToken)
    {
        var wanted = Slug(name);
        var taken = (await Rows(context, tenant).Where(row => row.Id.StartsWith(wanted)).Select(row => row.Id).ToListAsync(cancellationToken)).ToHashSet(StringComparer.Ordinal);
        for (var number = 1; ; number++)
        {
            var id = number == 1 ? wanted : string.Create(CultureInfo.InvariantCulture, $"{wanted}-{number}");
            if (!taken.Contains(id)) return id;
        }
    }

    /// <summary>Small letters, digits and hyphens of a name, with room for a number behind them.</summary>
    private static string Slug(string name)
    {
        var slug = new StringBuilder();
        foreach (var letter in name.Trim().ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(letter)) slug.Append(letter);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
            if (slug.Length == Policy.MaxIdLength - 8) break;
        }

        return slug.ToString().Trim('-') is { Length: > 0 } text ? text : "key";
    }

    private static Task RecordAsync(FinOpsDbContext context, string act, GatewayKey row, object? before, Actor actor, CancellationToken cancellationToken) =>
        AuditTrail.RecordAsync(context, new AuditEntry(actor, act, row.Id, row.Name) { Before = before, After = State(row) }, cancellationToken);

    private static object State(GatewayKey row) => new { row.Name, row.Prefix, Tags = row.Tags.ToDictionary(tag => PolicyWords.Tags[tag.Key], tag => tag.Value), row.Models, row.Providers, row.ExpiresAt, row.Enabled, row.RevokedAt };

    private static string NameOf(Actor actor) => actor.Name.Length > PolicyConfiguration.MaxAuthor ? actor.Name[..PolicyConfiguration.MaxAuthor] : actor.Name;

    /// <summary>To the microsecond, as it is stored.</summary>
    private DateTimeOffset Now() => new(clock.GetUtcNow().UtcTicks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
