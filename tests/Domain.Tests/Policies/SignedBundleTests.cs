using System.Security.Cryptography;
using System.Text;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Tests.Policies;

public sealed class SignedBundleTests : IDisposable
{
    private static readonly TenantId Tenant = new(Guid.Parse("11111111-1111-4111-8111-111111111111"));
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 14, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Verdict_OfASignedBundle_TakesIt()
    {
        var signed = SignedBundle.Parse(Sign(5).ToJson());
        var verdict = Judge(signed, held: null);

        Assert.Equal(BundleRefusal.None, verdict.Refusal);
        Assert.Equal((5L, "cap"), (verdict.Bundle!.Version, verdict.Bundle.Policies.Single().Id));
    }

    [Fact]
    public void Verdict_OfOneChangedByte_RefusesIt()
    {
        var signed = Sign(5);
        for (var place = 0; place < signed.Payload.Length; place += 7)
        {
            var changed = signed.Payload.ToArray();
            changed[place] ^= 1;
            Assert.Equal(BundleRefusal.BadSignature, Judge(signed with { Payload = changed }).Refusal);
        }

        Assert.Equal(BundleRefusal.BadSignature, Judge(signed with { Signature = [] }).Refusal);
        Assert.Equal(BundleRefusal.BadSignature, Judge(signed with { Signature = new byte[64] }).Refusal);
    }

    [Fact]
    public void Verdict_OfAnotherSigner_RefusesIt()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signed = SignedBundle.Sign(other, Payload(5));

        Assert.Equal(BundleRefusal.UnknownKey, Judge(signed).Refusal);
        Assert.Equal(BundleRefusal.BadSignature, Judge(signed with { KeyId = BundleKey.Of(_key).Id }).Refusal);
    }

    [Fact]
    public void Verdict_OfAnOlderBundle_KeepsTheHeldOne()
    {
        var held = new HeldBundle(5, Payload(5));

        Assert.Equal(BundleRefusal.Older, Judge(Sign(4), held).Refusal);
        Assert.Equal(BundleRefusal.None, Judge(Sign(5), held).Refusal);
        Assert.Equal(BundleRefusal.None, Judge(Sign(6), held).Refusal);
        Assert.Equal(BundleRefusal.Older, Judge(SignedBundle.Sign(_key, [.. Payload(5), (byte)' ']), held).Refusal);
    }

    [Fact]
    public void Verdict_OfAnotherTenantsOrAnEndedBundle_RefusesIt()
    {
        Assert.Equal(BundleRefusal.OtherTenant, BundleVerdict.Of(Sign(5), BundleKey.Of(_key), new TenantId(Guid.NewGuid()), null, Now).Refusal);
        Assert.Equal(BundleRefusal.OtherTenant, Judge(SignedBundle.Sign(_key, """{"schema":1,"version":5}"""u8.ToArray())).Refusal);
        Assert.Equal(BundleRefusal.Expired, BundleVerdict.Of(Sign(5), BundleKey.Of(_key), Tenant, null, Now.AddDays(2)).Refusal);
    }

    [Fact]
    public void Verdict_OfAGoodSignatureOverABadDocument_NamesEveryError()
    {
        var verdict = Judge(SignedBundle.Sign(_key, """{"schema":1,"colour":"red","size":1}"""u8.ToArray()));

        Assert.Equal(BundleRefusal.Invalid, verdict.Refusal);
        Assert.Equal(["$.colour", "$.size"], verdict.Errors.Select(error => error.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""{"payload":"!","key_id":"a","signature":"AA=="}""")]
    [InlineData("""{"payload":"AA==","key_id":null,"signature":"AA=="}""")]
    [InlineData("""{"payload":"AA==","key_id":"a","signature":"AA==","more":1}""")]
    public void Parse_OfNoBundle_IsNull(string json)
    {
        Assert.Null(SignedBundle.Parse(Encoding.UTF8.GetBytes(json)));
        Assert.Equal(BundleRefusal.NotReadable, Judge(null).Refusal);
    }

    [Fact]
    public void TryParse_OfAKey_TakesP256Alone()
    {
        using var larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);

        Assert.Equal(BundleKey.Of(_key).Id, BundleKey.TryParse(_key.ExportSubjectPublicKeyInfo())!.Id);
        Assert.Null(BundleKey.TryParse(larger.ExportSubjectPublicKeyInfo()));
        Assert.Null(BundleKey.TryParse(rsa.ExportSubjectPublicKeyInfo()));
        Assert.Null(BundleKey.TryParse([1, 2, 3]));
        Assert.Null(BundleKey.TryParse([.. _key.ExportSubjectPublicKeyInfo(), 0]));
    }

    private BundleVerdict Judge(SignedBundle? signed, HeldBundle? held = null) => BundleVerdict.Of(signed, BundleKey.Of(_key), Tenant, held, Now);

    private SignedBundle Sign(long version) => SignedBundle.Sign(_key, Payload(version));

    private static byte[] Payload(long version) => PolicyBundleWriter.Write(PolicyDocuments.Read(PolicyDocuments.Bundle(PolicyDocuments.Limit)) with
    {
        Version = version,
        Tenant = Tenant,
        IssuedAt = Now,
        NotAfter = Now.AddDays(1),
    });
}
