using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FinOps.Analytics.Audit;

/// <summary>Where a chain is broken first, and how one sees it.</summary>
/// <param name="Sequence">The first link that does not hold.</param>
public sealed record BrokenLink(long Sequence, string Reason);

/// <summary>
/// What a link's hash is over, and whether links follow on one another. docs/audit.md describes the form, so that others can check an export; the function
/// <c>finops.append_audit</c> writes the same.
/// </summary>
public static class AuditChain
{
    private const string Form = "finops audit 1\n";

    /// <summary>What the first link names as its previous hash.</summary>
    public static byte[] Genesis => new byte[SHA256.HashSizeInBytes];

    public static byte[] Hash(AuditRecord entry) => SHA256.HashData(Encoding.UTF8.GetBytes(Canonical(entry)));

    /// <summary>Each field as its length in bytes of UTF-8, a colon, and the field; a missing one as a hyphen; each on a line.</summary>
    internal static string Canonical(AuditRecord entry)
    {
        var microseconds = (entry.RecordedAt.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        var text = new StringBuilder(Form);
        Add(text, entry.TenantId.ToString());
        Add(text, entry.Sequence.ToString(CultureInfo.InvariantCulture));
        Add(text, microseconds.ToString(CultureInfo.InvariantCulture));
        Add(text, Word(entry.ActorKind));
        Add(text, entry.ActorId);
        Add(text, entry.ActorName);
        Add(text, entry.Act);
        Add(text, entry.SubjectId);
        Add(text, entry.SubjectName);
        Add(text, entry.Before);
        Add(text, entry.After);
        Add(text, entry.Why);
        Add(text, entry.Address);
        Add(text, Convert.ToHexStringLower(entry.PreviousHash));
        return text.ToString();
    }

    /// <summary>The kind of an actor as it is stored and exported.</summary>
    public static string Word(ActorKind kind) => kind switch
    {
        ActorKind.User => "user",
        ActorKind.Key => "key",
        ActorKind.Job => "job",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    internal static ActorKind Kind(string word) => word switch
    {
        "user" => ActorKind.User,
        "key" => ActorKind.Key,
        "job" => ActorKind.Job,
        // A word that was written by hand: the hash will not hold either, and that is what shall be told.
        _ => default,
    };

    private static void Add(StringBuilder text, string? field)
    {
        if (field is null) text.Append('-');
        else text.Append(Encoding.UTF8.GetByteCount(field)).Append(':').Append(field);
        text.Append('\n');
    }
}

/// <summary>Walks along one chain and stops at the first link that does not hold.</summary>
internal sealed class AuditWalk
{
    private byte[] _hash = AuditChain.Genesis;

    /// <summary>The last link that holds; 0 before the first.</summary>
    public long Sequence { get; private set; }

    /// <summary>The next link in the order of sequence numbers; null when it holds.</summary>
    public BrokenLink? Step(AuditRecord entry)
    {
        var expected = Sequence + 1;
        if (entry.Sequence != expected) return new BrokenLink(expected, $"Entry {expected} is missing; the next one is {entry.Sequence}.");
        if (!entry.PreviousHash.AsSpan().SequenceEqual(_hash))
        {
            return new BrokenLink(expected, Sequence == 0
                ? "Entry 1 is not the beginning of a chain."
                : $"Entry {expected} does not follow on entry {Sequence}: one of the two was replaced or moved.");
        }

        if (entry.ActorKind == 0 || !entry.Hash.AsSpan().SequenceEqual(AuditChain.Hash(entry)))
            return new BrokenLink(expected, $"Entry {expected} was changed after it was written.");
        (Sequence, _hash) = (entry.Sequence, entry.Hash);
        return null;
    }

    /// <summary>After the last link: whether the chain ends where its head says.</summary>
    public BrokenLink? End(AuditHead? head)
    {
        if (head is null) return Sequence == 0 ? null : new BrokenLink(Sequence, "The chain has lost its head, so its end cannot be checked.");
        if (Sequence < head.Sequence)
        {
            return new BrokenLink(Sequence + 1, Sequence + 1 == head.Sequence
                ? $"Entry {head.Sequence}, the last one, is missing."
                : $"Entries {Sequence + 1} to {head.Sequence}, the last ones, are missing.");
        }

        return head.Hash.AsSpan().SequenceEqual(_hash) ? null : new BrokenLink(Sequence, $"Entry {Sequence}, the last one, is not the one that was written.");
    }
}
