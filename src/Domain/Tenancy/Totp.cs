using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace FinOps.Domain.Tenancy;

/// <summary>Codes of authenticator apps: RFC 6238 with what those apps all understand, SHA-1, six digits, thirty seconds.</summary>
public static class Totp
{
    public const int Digits = 6;
    public const int StepSeconds = 30;

    /// <summary>Steps before and after the present one whose codes are taken, for clocks that differ and people who type slowly.</summary>
    public const int Tolerance = 1;

    /// <summary>160 bits, as RFC 4226 advises.</summary>
    public const int KeyBytes = 20;

    private const int Modulus = 1_000_000;
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int BitsPerCharacter = 5;

    /// <summary>A new key as base32, which people can type.</summary>
    public static string NewKey() => RandomNumberGenerator.GetString(Base32, KeyBytes * 8 / BitsPerCharacter);

    public static long StepOf(DateTimeOffset time) => time.ToUnixTimeSeconds() / StepSeconds;

    public static string CodeOf(string key, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        HMACSHA1.HashData(Decode(key), counter, hash);
        var number = BinaryPrimitives.ReadInt32BigEndian(hash[(hash[^1] & 0xF)..]) & int.MaxValue;
        return (number % Modulus).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>The step whose code this is; null when it is none that is taken now. Blanks in the code are how people write it.</summary>
    public static long? FindStep(string key, string code, DateTimeOffset now)
    {
        var typed = code.Replace(" ", "", StringComparison.Ordinal);
        if (typed.Length != Digits) return null;
        long? found = null;
        for (var step = StepOf(now) - Tolerance; step <= StepOf(now) + Tolerance; step++)
        {
            // Each is compared in full, so that the time of an answer says nothing.
            if (CryptographicOperations.FixedTimeEquals(System.Text.Encoding.UTF8.GetBytes(typed), System.Text.Encoding.UTF8.GetBytes(CodeOf(key, step)))) found = step;
        }

        return found;
    }

    /// <summary>What the QR code says (the "Key Uri Format").</summary>
    public static string UriOf(string issuer, string account, string key) =>
        $"otpauth://totp/{Uri.EscapeDataString(issuer)}:{Uri.EscapeDataString(account)}?secret={key}&issuer={Uri.EscapeDataString(issuer)}&algorithm=SHA1&digits={Digits}&period={StepSeconds}";

    private static byte[] Decode(string key)
    {
        var bytes = new byte[key.Length * BitsPerCharacter / 8];
        var (buffer, bits, at) = (0, 0, 0);
        foreach (var c in key)
        {
            var value = Base32.IndexOf(char.ToUpperInvariant(c), StringComparison.Ordinal);
            if (value < 0) throw new FormatException("The key is no base32.");
            buffer = (buffer << BitsPerCharacter | value) & 0xFFFF;
            bits += BitsPerCharacter;
            if (bits < 8) continue;
            bits -= 8;
            bytes[at++] = (byte)(buffer >> bits);
        }

        return bytes;
    }
}
