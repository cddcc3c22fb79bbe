using System.Diagnostics.Metrics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace FinOps.Analytics.Audit;

/// <summary>
/// Writes what was done into the tenant's chain, in the transaction of the change: both are there or neither. Record as the last thing of the work, for the
/// chain is locked from then until it ends; where both chains get an entry, the tenant's comes first (docs/audit.md).
/// </summary>
public sealed class AuditTrail(FinOpsDatabase database)
{
    /// <summary>The chain of what is no tenant's: sign-ins of people without one, what operators do.</summary>
    public static readonly TenantId Installation = new(Guid.Empty);

    /// <summary>Characters of JSON that a state before or after may have; a longer one is left out, which the entry says. Counter: finops.audit.states_left_out.</summary>
    internal const int MaxStateLength = 32_768;

    /// <summary>Characters of a reason; a longer one is cut.</summary>
    internal const int MaxWhyLength = 2_000;

    private static readonly Meter Meter = new("FinOps.Analytics.Audit");
    private static readonly Counter<long> LeftOut = Meter.CreateCounter<long>("finops.audit.states_left_out", description: "States before or after a change that were too long to record");

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Into the chain of the context's tenant.</summary>
    public static Task RecordAsync(FinOpsDbContext context, AuditEntry entry, CancellationToken cancellationToken) =>
        AppendAsync(context, context.TenantScope ?? throw new InvalidOperationException("The context has no tenant whose chain this would belong to."), entry, cancellationToken);

    /// <summary>Into the installation's chain, whatever tenant the context is of.</summary>
    public static Task RecordForInstallationAsync(FinOpsDbContext context, AuditEntry entry, CancellationToken cancellationToken) =>
        AppendAsync(context, Installation.Value, entry, cancellationToken);

    /// <summary>For what changes nothing in PostgreSQL: an export, a sign-in.</summary>
    public Task RecordAsync(TenantId chain, AuditEntry entry, CancellationToken cancellationToken) => database.RunAsync(chain, async context =>
    {
        await AppendAsync(context, chain.Value, entry, cancellationToken);
        return true;
    }, cancellationToken);

    private static Task AppendAsync(FinOpsDbContext context, Guid chain, AuditEntry entry, CancellationToken cancellationToken)
    {
        if (!AuditActs.All.ContainsKey(entry.Act)) throw new ArgumentException($"\"{entry.Act}\" is no act of {nameof(AuditActs)}.", nameof(entry));
        return context.Database.ExecuteSqlRawAsync(
            "SELECT finops.append_audit(@chain, @actor_kind, @actor_id, @actor_name, @act, @subject_id, @subject_name, @before, @after, @why, @address)",
            [
                new NpgsqlParameter("chain", NpgsqlDbType.Uuid) { Value = chain },
                Text("actor_kind", AuditChain.Word(entry.Actor.Kind)),
                Text("actor_id", Name(entry.Actor.Id)),
                Text("actor_name", Name(entry.Actor.Name)),
                Text("act", entry.Act),
                Text("subject_id", Name(entry.SubjectId)),
                Text("subject_name", Name(entry.SubjectName)),
                Text("before", State(entry.Before)),
                Text("after", State(entry.After)),
                Text("why", Storable(Cut(entry.Why, MaxWhyLength))),
                Text("address", entry.Actor.Address),
            ],
            cancellationToken);
    }

    internal static string? State(object? state)
    {
        if (state is null) return null;
        var json = JsonSerializer.Serialize(state, Json);
        if (json.Length <= MaxStateLength) return json;
        LeftOut.Add(1);
        return JsonSerializer.Serialize(new { LeftOutCharacters = json.Length }, Json);
    }

    private static string Name(string name) => Storable(Cut(name, AuditRecord.MaxNameLength))!;

    private static string? Cut(string? text, int length) => text is null || text.Length <= length ? text : text[..length];

    /// <summary>PostgreSQL keeps no NUL, and what was typed into a form may hold one, or half of a pair of surrogates.</summary>
    private static string? Storable(string? text)
    {
        if (text is null) return null;
        var characters = text.ToCharArray();
        for (var i = 0; i < characters.Length; i++)
        {
            if (char.IsHighSurrogate(characters[i]) && i + 1 < characters.Length && char.IsLowSurrogate(characters[i + 1])) i++;
            else if (characters[i] == '\0' || char.IsSurrogate(characters[i])) characters[i] = '\uFFFD';
        }

        return new string(characters);
    }

    private static NpgsqlParameter Text(string name, string? value) => new(name, NpgsqlDbType.Text) { Value = (object?)value ?? DBNull.Value };
}
