using System.Globalization;
using CsCheck;
using FinOps.Analytics.Audit;

namespace FinOps.Analytics.Tests.Audit;

public sealed class AuditWalkTests
{
    private static readonly Guid Chain = Guid.Parse("0192f0c1-0000-7000-8000-000000000001");

    [Fact]
    public void Canonical_OfAnEntry_IsTheDocumentedForm()
    {
        var entry = Entry(1, AuditChain.Genesis, "grüße:1\n2");

        Assert.Equal(
            "finops audit 1\n36:0192f0c1-0000-7000-8000-000000000001\n1:1\n16:1790000000000001\n4:user\n2:u1\n8:a@b.test\n11:key.created\n2:k1\n11:grüße:1\n2\n-\n10:{\"n\":\"é\"}\n-\n9:127.0.0.1\n64:"
            + new string('0', 64) + "\n",
            AuditChain.Canonical(entry));
    }

    [Fact]
    public void Walk_AlongAWholeChain_FindsNothing() => Assert.Null(FirstBroken(Links(20), 20));

    /// <summary>Whatever is changed by hand, even with its own hash made anew, the walk stops there or at the next link.</summary>
    [Fact]
    public void Walk_AlongAChainWithOneChange_StopsAtIt() => Gen.Select(Gen.Int[1, 12], Gen.Int[0, 6], Gen.Bool).Sample((changed, what, rehash) =>
    {
        var links = Links(12);
        var old = links[changed - 1];
        var forged = Forged(old, what);
        links[changed - 1] = rehash ? WithHash(forged) : forged;

        var broken = FirstBroken(links, 12);

        // The last link's new hash is not the one that the head keeps.
        Assert.Equal(rehash ? Math.Min(changed + 1, 12) : changed, broken?.Sequence);
    });

    [Fact]
    public void Walk_AlongAChainWithoutOneLink_NamesTheGap() => Gen.Int[1, 12].Sample(missing =>
    {
        var links = Links(12);
        links.RemoveAt(missing - 1);

        Assert.Equal(missing, FirstBroken(links, 12)?.Sequence);
    });

    [Fact]
    public void Walk_AlongAChainInAnotherOrder_StopsAtTheFirstMovedLink()
    {
        var links = Links(5);
        (links[1], links[2]) = (Renumbered(links[2], 2), Renumbered(links[1], 3));

        Assert.Equal(2, FirstBroken(links, 5)?.Sequence);
    }

    [Fact]
    public void Walk_WithoutAHead_SaysThatTheEndIsUnknown()
    {
        var walk = new AuditWalk();
        foreach (var link in Links(3)) Assert.Null(walk.Step(link));

        Assert.Equal(3, walk.End(null)?.Sequence);
        Assert.Null(new AuditWalk().End(null));
    }

    private static BrokenLink? FirstBroken(List<AuditRecord> links, int headAt)
    {
        var head = Links(headAt)[^1];
        var walk = new AuditWalk();
        foreach (var link in links)
            if (walk.Step(link) is { } broken) return broken;
        return walk.End(new AuditHead { TenantId = Chain, Sequence = head.Sequence, Hash = head.Hash });
    }

    private static List<AuditRecord> Links(int count)
    {
        var (links, previous) = (new List<AuditRecord>(), AuditChain.Genesis);
        for (var sequence = 1; sequence <= count; sequence++)
        {
            links.Add(WithHash(Entry(sequence, previous, string.Create(CultureInfo.InvariantCulture, $"key {sequence}"))));
            previous = links[^1].Hash;
        }

        return links;
    }

    private static AuditRecord Entry(long sequence, byte[] previous, string subject) => new()
    {
        TenantId = Chain,
        Sequence = sequence,
        RecordedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000).AddTicks(10 * sequence),
        ActorKind = ActorKind.User,
        ActorId = "u1",
        ActorName = "a@b.test",
        Act = AuditActs.KeyCreated,
        SubjectId = "k1",
        SubjectName = subject,
        After = """{"n":"é"}""",
        Address = "127.0.0.1",
        PreviousHash = previous,
        Hash = [],
    };

    private static AuditRecord Forged(AuditRecord old, int what) => Copy(
        old,
        recordedAt: what == 0 ? old.RecordedAt.AddTicks(10) : old.RecordedAt,
        kind: what == 1 ? ActorKind.Job : old.ActorKind,
        actor: what == 2 ? "somebody else" : old.ActorName,
        act: what == 3 ? AuditActs.KeyRevoked : old.Act,
        after: what == 4 ? null : old.After,
        why: what == 5 ? "" : old.Why,
        address: what == 6 ? "127.0.0.2" : old.Address);

    private static AuditRecord WithHash(AuditRecord entry) => Copy(
        entry, entry.RecordedAt, entry.ActorKind, entry.ActorName, entry.Act, entry.After, entry.Why, entry.Address, hash: AuditChain.Hash(entry));

    private static AuditRecord Renumbered(AuditRecord entry, long sequence) => Copy(
        entry, entry.RecordedAt, entry.ActorKind, entry.ActorName, entry.Act, entry.After, entry.Why, entry.Address, sequence: sequence);

    private static AuditRecord Copy(
        AuditRecord old, DateTimeOffset recordedAt, ActorKind kind, string actor, string act, string? after, string? why, string? address, long? sequence = null, byte[]? hash = null) => new()
        {
            TenantId = old.TenantId,
            Sequence = sequence ?? old.Sequence,
            RecordedAt = recordedAt,
            ActorKind = kind,
            ActorId = old.ActorId,
            ActorName = actor,
            Act = act,
            SubjectId = old.SubjectId,
            SubjectName = old.SubjectName,
            Before = old.Before,
            After = after,
            Why = why,
            Address = address,
            PreviousHash = old.PreviousHash,
            Hash = hash ?? old.Hash,
        };
}
