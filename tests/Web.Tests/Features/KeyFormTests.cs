using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Features.Settings;

namespace FinOps.Web.Tests.Features;

public sealed class KeyFormTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 4, 0, 0, TimeSpan.Zero);

    [Fact]
    public void ToKey_OfAnIngestKey_BindsWhatIsFilledInAndHasNoScope()
    {
        var form = new KeyForm { Name = " checkout ", LifeDays = 30 };
        form.Bind(Tag.Team, " web ");
        form.Bind(Tag.Feature, "  ");

        var key = form.ToKey(Now);

        Assert.Equal(("checkout", KeyKind.Ingest, Now.AddDays(30)), (key.Name, key.Kind, key.ExpiresAt));
        Assert.Equal([new KeyValuePair<Tag, string>(Tag.Team, "web")], key.BoundTags);
        Assert.Empty(key.Scopes);
    }

    [Fact]
    public void ToKey_OfAnApiKey_HasTheChosenScopesAndBindsNothing()
    {
        var form = new KeyForm { Name = "reports", Kind = KeyKind.Api };
        form.Bind(Tag.Team, "web");
        form.Toggle(KeyScopes.ReadCalls);
        form.Toggle(KeyScopes.ReadAudit);

        var key = form.ToKey(Now);

        Assert.Equal([KeyScopes.ReadAudit, KeyScopes.ReadCosts], key.Scopes.Order(StringComparer.Ordinal));
        Assert.Empty(key.BoundTags);
        Assert.Null(key.ExpiresAt);
    }
}
