using System.Text;
using CsCheck;
using FinOps.Analytics.Tenancy;
using FinOps.Ingest.Authentication;
using Microsoft.AspNetCore.Http;

namespace FinOps.Ingest.Tests.Authentication;

/// <summary>Whatever stands in the headers: no exception, and a hash only of what can be a key.</summary>
public sealed class KeyTokenFuzzTests
{
    private static readonly Gen<string> Key = Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"].Array[AccessKeyToken.MinLength, AccessKeyToken.MaxLength]
        .Select(letters => new string(letters));

    private static readonly Gen<string> Anything = Gen.OneOf(
        Gen.String, Gen.String[0, 3000], Key, Gen.Byte.Array[0, 1200].Select(Convert.ToBase64String),
        Gen.Select(Key, Gen.String, (key, more) => key + more), Gen.Select(Gen.Const("Basic "), Gen.Byte.Array[0, 900], (word, bytes) => word + Convert.ToBase64String(bytes)),
        OneOf("", " ", ":", "====", "\0", "Bearer", "Basic", "Bearer Bearer ", "ключ"));

    private static readonly Gen<string> Scheme = OneOf("Bearer ", "bearer ", "BEARER  ", "Basic ", "basic ", "Digest ", "", " ", "Bearer\t");

    [Fact]
    public void Read_AnyHeaders_NeverThrowsAndTakesOnlyWellformedKeys() => Gen.Select(Scheme, Anything, Anything).Sample((scheme, credentials, other) =>
    {
        var form = Read(scheme + credentials, other, out var hash);

        if (form != TokenForm.Wellformed) Assert.Equal(default, hash);
        else Assert.NotEqual(default, hash);
    }, iter: 50_000);

    [Fact]
    public void Read_OneKeyInEachOfItsPlaces_GivesOneHash() => Key.Sample(key =>
    {
        var expected = TokenHash.Of(Encoding.ASCII.GetBytes(key));
        foreach (var (authorization, other) in ((string?, string?)[])
            [($"Bearer {key}", null), ($"bEARER   {key} ", null), (null, key), (null, $" {key} "), (Basic($"anyone:{key}"), null), (Basic($"{key}:"), null), ($"Bearer {key}", "another-key-0123456789-abcdefgh"), ("Digest x", key)])
        {
            Assert.Equal(TokenForm.Wellformed, Read(authorization, other, out var hash));
            Assert.Equal(expected, hash);
        }
    });

    /// <summary>A key that was changed anywhere, cut or made longer is another key, or none.</summary>
    [Fact]
    public void Read_ATamperedKey_NeverGivesItsHash() => Gen.Select(Key, Gen.Int[0, AccessKeyToken.MinLength - 1], Gen.Char, Gen.Int[0, 2]).Sample((key, at, letter, how) =>
    {
        var tampered = how switch
        {
            0 => key[..at] + (letter == key[at] ? '.' : letter) + key[(at + 1)..],
            1 => key[..^1],
            _ => key + "A",
        };

        Read($"Bearer {tampered}", null, out var hash);

        Assert.NotEqual(TokenHash.Of(Encoding.ASCII.GetBytes(key)), hash);
    });

    [Fact]
    public void IsWellFormed_AnyText_IsWhatAPatternSays() => Anything.Sample(text => Assert.Equal(
        System.Text.RegularExpressions.Regex.IsMatch(text, "\\A[A-Za-z0-9_-]{24,128}\\z"), AccessKeyToken.IsWellFormed(text)));

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    private static string Basic(string credentials) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials));

    private static TokenForm Read(string? authorization, string? apiKey, out TokenHash hash)
    {
        var headers = new HeaderDictionary();
        if (authorization is not null) headers["Authorization"] = authorization;
        if (apiKey is not null) headers["x-api-key"] = apiKey;
        return KeyToken.Read(headers, out hash);
    }
}
