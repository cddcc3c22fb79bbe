using System.ComponentModel;
using System.Text.Json;
using FinOps.Analytics.Audit;

namespace FinOps.Web.Api;

/// <summary>One page of the audit record.</summary>
/// <param name="Entries">The latest first.</param>
/// <param name="NextCursor">Leads to the next page; null on the last.</param>
public sealed record AuditResponse(IReadOnlyList<AuditEntryResponse> Entries, string? NextCursor);

/// <summary>Who did it.</summary>
/// <param name="Kind">`user`, `key` or `job`.</param>
/// <param name="Id">The user's or the key's id; the job's name.</param>
/// <param name="Name">The e-mail address, the name of the key or of the job.</param>
/// <param name="Address">The network address that they came from; null where there is none.</param>
public sealed record AuditActorResponse(string Kind, string Id, string Name, string? Address);

/// <summary>What it was done to.</summary>
/// <param name="Id">An id that stays.</param>
/// <param name="Name">The name that it had at that moment.</param>
public sealed record AuditSubjectResponse(string Id, string Name);

/// <summary>One link of the chain.</summary>
public sealed record AuditEntryResponse
{
    [Description("From 1, without a gap.")]
    public required long Sequence { get; init; }

    [Description("RFC 3339, by the clock of the database.")]
    public required DateTimeOffset RecordedAt { get; init; }

    public required AuditActorResponse Actor { get; init; }

    [Description("What was done, for example `key.created`.")]
    public required string Act { get; init; }

    public required AuditSubjectResponse Subject { get; init; }

    [Description("The state before; null where there was none.")]
    public required JsonElement? Before { get; init; }

    [Description("The state after; null where nothing is left.")]
    public required JsonElement? After { get; init; }

    [Description("The reason that was given; null where none was.")]
    public required string? Why { get; init; }

    [Description("The hash of the entry before, in hexadecimal; zeros for the first.")]
    public required string PreviousHash { get; init; }

    [Description("SHA-256 over this entry and `previousHash`, in hexadecimal. docs/audit.md tells the form.")]
    public required string Hash { get; init; }

    internal static AuditEntryResponse Of(AuditRecord entry) => new()
    {
        Sequence = entry.Sequence,
        RecordedAt = entry.RecordedAt,
        Actor = new AuditActorResponse(AuditChain.Word(entry.ActorKind), entry.ActorId, entry.ActorName, entry.Address),
        Act = entry.Act,
        Subject = new AuditSubjectResponse(entry.SubjectId, entry.SubjectName),
        Before = Json(entry.Before),
        After = Json(entry.After),
        Why = entry.Why,
        PreviousHash = Convert.ToHexStringLower(entry.PreviousHash),
        Hash = Convert.ToHexStringLower(entry.Hash),
    };

    private static JsonElement? Json(string? text) => text is null ? null : JsonElement.Parse(text);
}

/// <summary>What a walk along the chain found.</summary>
/// <param name="Entries">Entries that hold, counted from the first.</param>
/// <param name="HeadHash">The hash of the last entry; empty for a chain without any. Kept elsewhere, it proves later that nobody wrote the chain anew.</param>
/// <param name="Broken">The first entry that does not hold; null when all do.</param>
public sealed record AuditVerdictResponse(long Entries, string HeadHash, AuditBrokenResponse? Broken);

/// <summary>Where the chain is broken first.</summary>
/// <param name="Sequence">The entry's number.</param>
/// <param name="Reason">How one sees it.</param>
public sealed record AuditBrokenResponse(long Sequence, string Reason);
