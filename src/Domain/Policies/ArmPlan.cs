using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FinOps.Domain.Hashing;

namespace FinOps.Domain.Policies;

/// <summary>What is put into an arm as a whole: a conversation that changes its arm half-way would tell nothing.</summary>
public enum ArmUnit : byte
{
    Session,
    User,
}

/// <summary>What a call is that does not tell its unit.</summary>
public enum UnknownUnit : byte
{
    /// <summary>All of a virtual key's such calls are one unit; those without a key are one, too.</summary>
    Key,

    /// <summary>Always treated.</summary>
    Treated,

    /// <summary>Always in the control arm.</summary>
    Control,
}

/// <summary>Where a unit stands in one policy. The names are on spans, in lower case.</summary>
public enum Arm : byte
{
    /// <summary>The policy is applied.</summary>
    Treatment,

    /// <summary>The policy is not applied, and the unit is compared with.</summary>
    Control,

    /// <summary>The policy is not applied yet: a canary has not reached the unit, which is not compared with.</summary>
    Outside,
}

/// <summary>
/// Shares of one policy's units, in basis points (10,000 = all). Each unit has a place from 0 to 10,000 that hangs on the policy's id, the salt and the unit alone:
/// control from the lower end, treatment from the upper one. So a growing canary, and a growing holdout, move no unit that is in an arm already, but where they meet: there the holdout goes before.
/// </summary>
public sealed record ArmPlan
{
    /// <summary>Basis points of the whole.</summary>
    public const int Whole = 10_000;

    /// <summary>Default half of all: with more the policy is rather off.</summary>
    public const int MaxHoldout = 5_000;

    /// <summary>Characters. Default 64.</summary>
    public const int MaxSaltLength = 64;

    /// <summary>All are treated.</summary>
    public static ArmPlan Everyone { get; } = new();

    public ArmUnit Unit { get; init; } = ArmUnit.Session;

    public UnknownUnit Unknown { get; init; } = UnknownUnit.Key;

    /// <summary>Share in the control arm, 0 to <see cref="MaxHoldout"/>. Default 0.</summary>
    public int Holdout { get; init; }

    /// <summary>Share of all units that is treated at most, 1 to <see cref="Whole"/>. Default all that the holdout leaves.</summary>
    public int Canary { get; init; } = Whole;

    /// <summary>Changing it draws all arms anew. Default empty.</summary>
    public string Salt { get; init; } = "";

    public bool IsEveryone => Holdout == 0 && Canary == Whole && Unknown != UnknownUnit.Control;

    /// <param name="point">Of the unit, over all 64 bits.</param>
    public Arm At(ulong point)
    {
        var place = (int)Math.BigMul(point, Whole, out _);
        return place < Holdout ? Arm.Control : place >= Whole - Canary ? Arm.Treatment : Arm.Outside;
    }
}

/// <summary>Spreads units evenly: SipHash-2-4 under a key that is derived from the policy's id and a salt, so that arms of two policies have nothing to do with each other.</summary>
public readonly struct ArmHash
{
    private readonly ulong _key0, _key1;

    private ArmHash(ulong key0, ulong key1) => (_key0, _key1) = (key0, key1);

    public static ArmHash For(string policyId, string salt) => Derive($"finops arm 1\n{policyId}\n{salt}");

    /// <summary>Apart from the arms: which of several targets a session gets must not hang on its arm.</summary>
    internal static ArmHash ForTargets(string policyId) => Derive($"finops target 1\n{policyId}");

    /// <summary>The unit's place among all 64-bit numbers; the same in every process.</summary>
    /// <param name="source">Tells a session from a user or a key of the same spelling.</param>
    public ulong Point(UnitSource source, string unit)
    {
        const int shortest = 256;
        Span<byte> buffer = unit.Length * 3 < shortest ? stackalloc byte[shortest] : new byte[unit.Length * 3 + 1];
        buffer[0] = (byte)source;
        var length = Encoding.UTF8.GetBytes(unit, buffer[1..]);
        return SipHash.Compute(_key0, _key1, buffer[..(length + 1)]);
    }

    private static ArmHash Derive(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return new ArmHash(BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]));
    }
}

/// <summary>What a unit is. The numbers are hashed.</summary>
public enum UnitSource : byte
{
    Session = 1,
    User = 2,
    Key = 3,
}
