using System.Text.Json;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace FinOps.Analytics.Tenancy;

/// <summary>A key that was just made. The only time that its token can be read.</summary>
public sealed record CreatedAccessKey(Guid Id, string Token);

/// <summary>A key as it shall be.</summary>
public sealed record NewAccessKey(ProjectId Project, KeyKind Kind, string Name)
{
    public IReadOnlyDictionary<Tag, string> BoundTags { get; init; } = new Dictionary<Tag, string>();

    /// <summary>Of <see cref="KeyScopes"/>; for an API key alone.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = Kind == KeyKind.Api ? KeyScopes.Usual : [];

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whoever asks for the key runs the installation, so that it may have <see cref="KeyScopes.OfOperators"/>.</summary>
    public bool ByOperator { get; init; }
}

/// <summary>A key as its list shows it.</summary>
public sealed record AccessKeyRow(
    Guid Id, Guid ProjectId, string ProjectName, KeyKind Kind, string Name, string Prefix, IReadOnlyDictionary<Tag, string> BoundTags, string[] Scopes,
    DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, Guid? SuccessorId, DateTimeOffset? LastUsedAt)
{
    public KeyState State(DateTimeOffset now) =>
        RevokedAt is not null ? KeyState.Revoked
        : ExpiresAt <= now ? KeyState.Expired
        : SuccessorId is not null ? KeyState.Rotated
        : KeyState.Active;
}

/// <summary>What a key is worth at a moment.</summary>
public enum KeyState
{
    Active,

    /// <summary>It has a successor, and goes on beside it until it expires.</summary>
    Rotated,
    Expired,
    Revoked,
}

/// <summary>Makes, lists, rotates, revokes and finds keys. Each change is in the audit record.</summary>
public sealed class AccessKeys(FinOpsDatabase database, TimeProvider clock) : IKeyDirectory
{
    private static readonly Dictionary<Tag, string> NoTags = [];

    /// <summary>Keys of one tenant, revoked ones included. Default 1,000: the list shows them all.</summary>
    public const int MaxKeysPerTenant = 1000;

    /// <summary>Letters of a bound tag.</summary>
    public const int MaxTagLength = 200;

    /// <summary>How long a key goes on beside its successor where nothing else is said.</summary>
    public static readonly TimeSpan RotationOverlap = TimeSpan.FromHours(24);

    /// <summary>How long it may go on at most.</summary>
    public static readonly TimeSpan MaxRotationOverlap = TimeSpan.FromDays(30);

    public async Task<CreatedAccessKey> CreateAsync(TenantId tenant, NewAccessKey wanted, Actor actor, CancellationToken cancellationToken = default) =>
        await database.RunAsync(tenant, context => CreateWithinAsync(context, tenant, wanted, actor, cancellationToken), cancellationToken);

    /// <summary>As above, within a transaction that makes more than the key.</summary>
    internal async Task<CreatedAccessKey> CreateWithinAsync(FinOpsDbContext context, TenantId tenant, NewAccessKey wanted, Actor actor, CancellationToken cancellationToken)
    {
        wanted = Checked(wanted, clock.GetUtcNow());
        await LockAsync(context, tenant, cancellationToken);
        if (await FindCurrentAsync(context, tenant, wanted.Name, cancellationToken) is not null) throw new TenancyException($"There is already a live key called {wanted.Name}.");
        return await CreateAsync(context, tenant, wanted, actor, cancellationToken);
    }

    /// <summary>The live key of this name as it shall be: made where there is none (then with its token), changed where it differs.</summary>
    /// <param name="may">Whether the caller may touch a key with these scopes.</param>
    public async Task<(AccessKeyRow Key, string? Token)> EnsureAsync(
        TenantId tenant, NewAccessKey wanted, Func<IReadOnlyList<string>, bool> may, Actor actor, CancellationToken cancellationToken)
    {
        wanted = Checked(wanted, clock.GetUtcNow());
        return await ChangeAsync(tenant, async context =>
        {
            var present = await FindCurrentAsync(context, tenant, wanted.Name, cancellationToken);
            if (!may(wanted.Scopes) || (present is not null && !may(present.Scopes))) throw new TenancyException("A key cannot give or change scopes that it has not itself.");
            var made = present is null ? await CreateAsync(context, tenant, wanted, actor, cancellationToken) : null;
            if (present is not null) await ApplyAsync(context, present, wanted, actor, cancellationToken);
            var id = made?.Id ?? present!.Id;
            return ((await ReadAsync(context, tenant, id, cancellationToken)).Single(), made?.Token);
        }, cancellationToken);
    }

    /// <summary>Makes sure that exactly this token is a live key of this project. Called again it changes nothing; a token that belongs elsewhere is refused.</summary>
    public async Task EnsureVerbatimAsync(TenantId tenant, NewAccessKey wanted, string token, Actor actor, CancellationToken cancellationToken)
    {
        if (!AccessKeyToken.IsWellFormed(token))
            throw new TenancyException($"A key must have {AccessKeyToken.MinLength} to {AccessKeyToken.MaxLength} characters of [A-Za-z0-9_-].");
        if (await FindAnyAsync(AccessKeyToken.Hash(token), cancellationToken) is var (present, prefix))
        {
            if (present.Tenant != tenant || present.Kind != wanted.Kind)
                throw new TenancyException($"The key {prefix}… already exists for another tenant or for another use.");
            return;
        }

        await ChangeAsync(tenant, context => AddAsync(context, tenant, wanted, token, actor, cancellationToken), cancellationToken);
    }

    /// <summary>Newest first, revoked ones included: people ask what a key was.</summary>
    public async Task<IReadOnlyList<AccessKeyRow>> ListAsync(TenantId tenant, CancellationToken cancellationToken = default) =>
        await database.RunAsync(tenant, context => ReadAsync(context, tenant, only: null, cancellationToken), cancellationToken);

    /// <summary>A successor with everything of this key but its token; this one goes on for the overlap. Null when the tenant has no such live key.</summary>
    /// <param name="may">Whether the caller may have a key with these scopes.</param>
    public async Task<CreatedAccessKey?> RotateAsync(
        TenantId tenant, Guid keyId, TimeSpan overlap, Func<IReadOnlyList<string>, bool> may, Actor actor, CancellationToken cancellationToken = default)
    {
        if (overlap < TimeSpan.Zero || overlap > MaxRotationOverlap) throw new TenancyException($"A key goes on for 0 hours to {MaxRotationOverlap.TotalDays:0} days beside its successor.");
        var now = clock.GetUtcNow();
        return await ChangeAsync(tenant, async context =>
        {
            var old = await context.AccessKeys.SingleOrDefaultAsync(row => row.TenantId == tenant.Value && row.Id == keyId, cancellationToken);
            if (old is null || !old.IsCurrent(now)) return null;
            if (!may(old.Scopes)) throw new TenancyException("A key cannot rotate one with scopes that it has not itself.");
            await RequireRoomAsync(context, tenant, cancellationToken);
            var before = State(old);
            var token = AccessKeyToken.Create(old.Kind);
            var successor = Row(tenant, new NewAccessKey(new ProjectId(old.ProjectId), old.Kind, old.Name) { BoundTags = old.BoundTags, Scopes = old.Scopes, ExpiresAt = old.ExpiresAt }, token, actor);
            context.AccessKeys.Add(successor);
            old.SuccessorId = successor.Id;
            old.ExpiresAt = old.ExpiresAt is { } expires && expires < now + overlap ? expires : now + overlap;
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.KeyRotated, old.Id.ToString(), old.Name)
            {
                Before = before,
                After = new { old.Kind, old.Name, old.Prefix, Project = old.ProjectId, old.BoundTags, old.Scopes, old.ExpiresAt, old.RevokedAt, old.SuccessorId, SuccessorPrefix = successor.Prefix },
            }, cancellationToken);
            return new CreatedAccessKey(successor.Id, token);
        }, cancellationToken);
    }

    /// <summary>False when the tenant has no such live key.</summary>
    public async Task<bool> RevokeAsync(TenantId tenant, Guid keyId, Actor actor, string? why = null, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        return await ChangeAsync(tenant, async context =>
        {
            var key = await context.AccessKeys.SingleOrDefaultAsync(row => row.TenantId == tenant.Value && row.Id == keyId && row.RevokedAt == null, cancellationToken);
            if (key is null) return false;
            var before = State(key);
            key.RevokedAt = now;
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.KeyRevoked, key.Id.ToString(), key.Name) { Before = before, After = State(key), Why = why }, cancellationToken);
            return true;
        }, cancellationToken);
    }

    /// <summary>The one look-up that names no tenant: the key is what tells the tenant. By hash, so its time says nothing about the token.</summary>
    public async ValueTask<KeyRecord?> FindAsync(ReadOnlyMemory<byte> tokenSha256, CancellationToken cancellationToken) =>
        await FindAnyAsync(tokenSha256.ToArray(), cancellationToken) is var (record, _) ? record : null;

    /// <summary>One statement for the whole batch; an older use never overwrites a newer one. Key ids are unique over all tenants.</summary>
    public async ValueTask RecordUseAsync(IReadOnlyCollection<KeyUse> uses, CancellationToken cancellationToken)
    {
        if (uses.Count == 0) return;
        await using var command = database.CreateWay("SELECT finops.record_key_use($1, $2)");
        command.Parameters.Add(new NpgsqlParameter { Value = uses.Select(use => use.KeyId).ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = uses.Select(use => use.UsedAt.UtcDateTime).ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<(KeyRecord Record, string Prefix)?> FindAnyAsync(byte[] tokenSha256, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay(
            "SELECT id, kind, tenant_id, project_id, bound_tags, hash_key, expires_at, revoked_at, prefix, name, scopes, suspended FROM finops.find_access_key($1)");
        command.Parameters.Add(new NpgsqlParameter { Value = tokenSha256, NpgsqlDbType = NpgsqlDbType.Bytea });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken)) return null;
        var tags = JsonSerializer.Deserialize<Dictionary<Tag, string>>(row.GetString(4), JsonSerializerOptions.Default) ?? NoTags;
        var record = new KeyRecord(
            row.GetGuid(0), Enum.Parse<KeyKind>(row.GetString(1)), new TenantId(row.GetGuid(2)), new ProjectId(row.GetGuid(3)), new BoundTags(tags),
            row.GetFieldValue<byte[]>(5), Instant(row, 6), Instant(row, 7))
        {
            Name = row.GetString(9),
            Scopes = row.GetFieldValue<string[]>(10),
            IsSuspended = row.GetBoolean(11),
        };
        return (record, row.GetString(8));
    }

    private static DateTimeOffset? Instant(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);

    /// <summary>Changes of one tenant's keys go one after another, so that a name never means two live keys and the limit holds.</summary>
    private Task<T> ChangeAsync<T>(TenantId tenant, Func<FinOpsDbContext, Task<T>> change, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        await LockAsync(context, tenant, cancellationToken);
        return await change(context);
    }, cancellationToken);

    private static Task<int> LockAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"keys of " + tenant}, 0))", cancellationToken);

    private async Task<AccessKey?> FindCurrentAsync(FinOpsDbContext context, TenantId tenant, string name, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var live = await context.AccessKeys.Where(row => row.TenantId == tenant.Value && row.Name == name && row.RevokedAt == null && row.SuccessorId == null)
            .OrderByDescending(row => row.CreatedAt).ToListAsync(cancellationToken);
        return live.Find(key => key.IsCurrent(now));
    }

    private async Task<CreatedAccessKey> CreateAsync(FinOpsDbContext context, TenantId tenant, NewAccessKey wanted, Actor actor, CancellationToken cancellationToken)
    {
        await RequireRoomAsync(context, tenant, cancellationToken);
        if (!await context.Projects.AnyAsync(row => row.TenantId == tenant.Value && row.Id == wanted.Project.Value, cancellationToken))
            throw new TenancyException("There is no such project in this organisation.");
        var token = AccessKeyToken.Create(wanted.Kind);
        var key = await AddAsync(context, tenant, wanted, token, actor, cancellationToken);
        return new CreatedAccessKey(key.Id, token);
    }

    private static async Task ApplyAsync(FinOpsDbContext context, AccessKey key, NewAccessKey wanted, Actor actor, CancellationToken cancellationToken)
    {
        if (key.Kind != wanted.Kind || key.ProjectId != wanted.Project.Value)
            throw new TenancyException($"The live key {key.Name} is of another kind or project. Revoke it first, or choose another name.");
        var before = State(key);
        var scopes = Ordered(wanted.Scopes);
        if (!key.Scopes.SequenceEqual(scopes, StringComparer.Ordinal)) key.Scopes = scopes;
        if (key.BoundTags.Count != wanted.BoundTags.Count || key.BoundTags.Except(wanted.BoundTags).Any()) key.BoundTags = wanted.BoundTags;
        if (key.ExpiresAt != wanted.ExpiresAt) key.ExpiresAt = wanted.ExpiresAt;
        if (!context.ChangeTracker.HasChanges()) return;
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.KeyChanged, key.Id.ToString(), key.Name) { Before = before, After = State(key) }, cancellationToken);
    }

    private async Task<AccessKey> AddAsync(FinOpsDbContext context, TenantId tenant, NewAccessKey wanted, string token, Actor actor, CancellationToken cancellationToken)
    {
        var key = Row(tenant, wanted, token, actor);
        context.AccessKeys.Add(key);
        await context.SaveChangesAsync(cancellationToken);
        await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.KeyCreated, key.Id.ToString(), key.Name) { After = State(key) }, cancellationToken);
        return key;
    }

    private AccessKey Row(TenantId tenant, NewAccessKey wanted, string token, Actor actor) => new()
    {
        Id = Guid.CreateVersion7(clock.GetUtcNow()),
        TenantId = tenant.Value,
        ProjectId = wanted.Project.Value,
        Kind = wanted.Kind,
        Name = wanted.Name,
        Prefix = token[..AccessKey.PrefixLength],
        Sha256 = AccessKeyToken.Hash(token),
        BoundTags = wanted.BoundTags,
        Scopes = Ordered(wanted.Scopes),
        CreatedAt = clock.GetUtcNow(),
        CreatedBy = actor.Name,
        ExpiresAt = wanted.ExpiresAt,
    };

    private static async Task<List<AccessKeyRow>> ReadAsync(FinOpsDbContext context, TenantId tenant, Guid? only, CancellationToken cancellationToken)
    {
        var projects = await context.Projects.AsNoTracking().Where(row => row.TenantId == tenant.Value).ToDictionaryAsync(row => row.Id, row => row.Name, cancellationToken);
        var keys = await context.AccessKeys.AsNoTracking().Where(row => row.TenantId == tenant.Value && (only == null || row.Id == only))
            .OrderByDescending(row => row.CreatedAt).ThenBy(row => row.Id).Take(MaxKeysPerTenant).ToListAsync(cancellationToken);
        return [.. keys.Select(key => new AccessKeyRow(
            key.Id, key.ProjectId, projects[key.ProjectId], key.Kind, key.Name, key.Prefix, key.BoundTags, key.Scopes,
            key.CreatedAt, key.CreatedBy, key.ExpiresAt, key.RevokedAt, key.SuccessorId, key.LastUsedAt))];
    }

    private static async Task RequireRoomAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken)
    {
        if (await context.AccessKeys.CountAsync(key => key.TenantId == tenant.Value, cancellationToken) >= MaxKeysPerTenant)
            throw new TenancyException($"A tenant may have at most {MaxKeysPerTenant} keys.");
    }

    /// <exception cref="TenancyException">What is asked for cannot be; the message says why.</exception>
    private static NewAccessKey Checked(NewAccessKey asked, DateTimeOffset now)
    {
        // Whole seconds: what is asked for again then equals what was stored.
        var wanted = asked with { Name = asked.Name.Trim(), ExpiresAt = asked.ExpiresAt is { } at ? DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds()) : null };
        if (wanted.Name.Length is 0 or > AccessKey.MaxNameLength || wanted.Name.Any(char.IsControl)) throw new TenancyException($"A key's name has 1 to {AccessKey.MaxNameLength} characters.");
        if (wanted.ExpiresAt <= now) throw new TenancyException("A key cannot expire in the past.");
        if (wanted.Scopes.FirstOrDefault(scope => !KeyScopes.All.ContainsKey(scope)) is { } unknown)
            throw new TenancyException($"There is no scope {unknown}. There are: {string.Join(", ", KeyScopes.All.Keys)}.");
        if (!wanted.ByOperator && wanted.Scopes.FirstOrDefault(KeyScopes.OfOperators.Contains) is { } reserved)
            throw new TenancyException($"Only who runs the installation gives a key the scope {reserved}.");
        if (wanted.Kind == KeyKind.Api ? wanted.Scopes.Count == 0 : wanted.Scopes.Count > 0) throw new TenancyException("An API key has at least one scope; a key that sends has none.");
        if (wanted.Kind == KeyKind.Api && wanted.BoundTags.Count > 0) throw new TenancyException("An API key sends nothing, so it binds no tags.");
        if (wanted.BoundTags.Keys.Any(tag => !BoundTags.Bindable.Contains(tag))) throw new TenancyException($"A key can bind {string.Join(", ", BoundTags.Bindable).ToLowerInvariant()}.");
        if (wanted.BoundTags.Values.Any(value => value.Length is 0 or > MaxTagLength || value.Any(char.IsControl))) throw new TenancyException($"A bound tag has 1 to {MaxTagLength} characters.");
        return wanted;
    }

    private static string[] Ordered(IEnumerable<string> scopes) => [.. scopes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>What the audit record keeps of a key: nothing that could be used in its place.</summary>
    private static object State(AccessKey key) =>
        new { key.Kind, key.Name, key.Prefix, Project = key.ProjectId, key.BoundTags, key.Scopes, key.ExpiresAt, key.RevokedAt, key.SuccessorId };
}
