using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace FinOps.Analytics.Tenancy;

/// <summary>The SHA-256 of a token: all that is ever kept of one.</summary>
public readonly record struct TokenHash(ulong A, ulong B, ulong C, ulong D)
{
    // The bytes are already as random as a hash code can be.
    public override int GetHashCode() => (int)A;

    public bool Equals(TokenHash other) => A == other.A && B == other.B && C == other.C && D == other.D;

    public byte[] ToBytes() => MemoryMarshal.AsBytes<ulong>([A, B, C, D]).ToArray();

    /// <param name="token">Well-formed, so ASCII.</param>
    public static TokenHash Of(ReadOnlySpan<char> token)
    {
        Span<byte> bytes = stackalloc byte[AccessKeyToken.MaxLength];
        return Of(bytes[..Encoding.ASCII.GetBytes(token, bytes)]);
    }

    public static TokenHash Of(ReadOnlySpan<byte> token)
    {
        Span<ulong> words = stackalloc ulong[4];
        SHA256.HashData(token, MemoryMarshal.AsBytes(words));
        return new TokenHash(words[0], words[1], words[2], words[3]);
    }
}
