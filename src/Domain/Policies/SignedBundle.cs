using System.Security.Cryptography;
using System.Text.Json;
using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Policies;

/// <summary>
/// A bundle as it travels and lies on an agent's disk: the exact bytes that were signed, and the signature beside them. ECDSA on P-256 with SHA-256; the signature is r and s, 32 bytes each (IEEE P1363).
/// </summary>
/// <param name="Payload">The bundle's document.</param>
/// <param name="KeyId">Which key signed it: <see cref="BundleKey.Id"/>.</param>
/// <param name="Signature">Over <paramref name="Payload"/>.</param>
public sealed record SignedBundle(byte[] Payload, string KeyId, byte[] Signature)
{
    /// <summary>The private key stays in the control plane.</summary>
    public static SignedBundle Sign(ECDsa key, byte[] payload) => new(payload, BundleKey.Of(key).Id, key.SignData(payload, HashAlgorithmName.SHA256));

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, PolicyJson.Default.SignedBundle);

    /// <summary>Null where it is none: cut off, or something else.</summary>
    public static SignedBundle? Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, PolicyJson.Default.SignedBundle) is { Payload: not null, KeyId: not null, Signature: not null } bundle ? bundle : null;
        }
        catch (JsonException)
        {
            return null; // the caller refuses it as BundleRefusal.NotReadable
        }
    }
}

/// <summary>The public part of the key that signs bundles. An agent gets it when it enrols, and trusts no other.</summary>
/// <param name="Id">The first 16 hexadecimal digits of the SHA-256 of <paramref name="SubjectPublicKeyInfo"/>.</param>
/// <param name="SubjectPublicKeyInfo">DER, as openssl writes public keys.</param>
public sealed record BundleKey(string Id, byte[] SubjectPublicKeyInfo)
{
    private const int IdDigits = 16;
    private const string P256 = "1.2.840.10045.3.1.7";

    public static BundleKey Of(ECDsa key) => Of(key.ExportSubjectPublicKeyInfo());

    /// <summary>Null where the bytes are no public key of P-256.</summary>
    public static BundleKey? TryParse(byte[] subjectPublicKeyInfo)
    {
        using var key = Import(subjectPublicKeyInfo);
        return key is null ? null : Of(subjectPublicKeyInfo);
    }

    internal bool Verifies(SignedBundle bundle)
    {
        using var key = Import(SubjectPublicKeyInfo);
        return key is not null && key.VerifyData(bundle.Payload, bundle.Signature, HashAlgorithmName.SHA256);
    }

    private static BundleKey Of(byte[] subjectPublicKeyInfo) => new(Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo))[..IdDigits], subjectPublicKeyInfo);

    private static ECDsa? Import(byte[] subjectPublicKeyInfo)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out var read);
            if (read == subjectPublicKeyInfo.Length && key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == P256) return key;
        }
        catch (CryptographicException)
        {
            // No key of any kind; refused below.
        }

        key.Dispose();
        return null;
    }
}

/// <summary>Why a bundle is not taken; what is held goes on. The names are what agents report, in snake_case.</summary>
public enum BundleRefusal : byte
{
    /// <summary>It is taken.</summary>
    None,

    /// <summary>On the way, or on the disk: it is no signed bundle.</summary>
    NotReadable,

    /// <summary>The control plane's, or the agent's: signed by a key that the agent did not get when it enrolled.</summary>
    UnknownKey,

    /// <summary>On the way, on the disk, or an attacker's: the signature is not that of these bytes.</summary>
    BadSignature,

    /// <summary>The control plane's: the signature is good, and the document is not.</summary>
    Invalid,

    /// <summary>The control plane's, or an attacker's: another organisation's bundle.</summary>
    OtherTenant,

    /// <summary>The control plane's, or an attacker's who plays back what was sent before: older than the one that is held, or of the same version with other content.</summary>
    Older,

    /// <summary>The control plane's, or of the agent's clock: its end is over.</summary>
    Expired,
}

/// <summary>What an agent obeys now.</summary>
/// <param name="Payload">Its document, byte for byte.</param>
public sealed record HeldBundle(long Version, byte[] Payload);

/// <summary>A bundle that is taken, or why not with whatever is wrong with its document.</summary>
public sealed record BundleVerdict(BundleRefusal Refusal, PolicyBundle? Bundle, IReadOnlyList<PolicyError> Errors)
{
    private BundleVerdict(BundleRefusal refusal)
        : this(refusal, null, [])
    {
    }

    /// <summary>Decides whether an agent takes a bundle. Nothing of the document is read before its signature is found good.</summary>
    /// <param name="signed">Null: what came was no signed bundle.</param>
    /// <param name="trusted">The key that the agent got when it enrolled.</param>
    /// <param name="tenant">The agent's.</param>
    /// <param name="held">What the agent holds; null: nothing.</param>
    /// <param name="now">By the agent's clock.</param>
    /// <param name="protocols">What the gateway's own configuration says of providers.</param>
    public static BundleVerdict Of(
        SignedBundle? signed, BundleKey trusted, TenantId tenant, HeldBundle? held, DateTimeOffset now, IReadOnlyDictionary<string, WireProtocol>? protocols = null)
    {
        if (signed is null) return new BundleVerdict(BundleRefusal.NotReadable);
        if (signed.KeyId != trusted.Id) return new BundleVerdict(BundleRefusal.UnknownKey);
        if (!trusted.Verifies(signed)) return new BundleVerdict(BundleRefusal.BadSignature);
        var (bundle, errors) = PolicyBundleReader.Read(signed.Payload, protocols);
        if (bundle is null) return new BundleVerdict(BundleRefusal.Invalid, null, errors);
        if (bundle.Tenant != tenant) return new BundleVerdict(BundleRefusal.OtherTenant);
        if (held is not null && (bundle.Version < held.Version || (bundle.Version == held.Version && !signed.Payload.AsSpan().SequenceEqual(held.Payload)))) return new BundleVerdict(BundleRefusal.Older);
        return bundle.NotAfter <= now ? new BundleVerdict(BundleRefusal.Expired) : new BundleVerdict(BundleRefusal.None, bundle, []);
    }
}
