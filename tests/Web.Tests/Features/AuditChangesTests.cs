using FinOps.Analytics.Audit;
using FinOps.Web.Features.Audit;

namespace FinOps.Web.Tests.Features;

public sealed class AuditChangesTests
{
    [Fact]
    public void Between_TwoStates_NamesTheFieldsThatDiffer() => Assert.Equal(
        [new FieldChange("role", "viewer", "admin"), new FieldChange("team", null, "web")],
        AuditChanges.Between("""{"role":"viewer","name":"a"}""", """{"role":"admin","name":"a","team":"web"}"""));

    [Fact]
    public void Between_NothingAndAState_LeavesOutWhatIsEmpty() => Assert.Equal(
        [new FieldChange("kind", null, "ingest"), new FieldChange("boundTags", null, "team web, feature chat"), new FieldChange("scopes", null, "costs.read, audit.read")],
        AuditChanges.Between(null, """{"kind":"ingest","expiresAt":null,"tags":{},"boundTags":{"team":"web","feature":"chat"},"scopes":["costs.read","audit.read"]}"""));

    [Fact]
    public void Documentation_NamesEveryAct() => Assert.Contains(
        "| act | meaning |\n|---|---|\n" + string.Concat(AuditActs.All.Select(act => $"| `{act.Key}` | {act.Value} |\n")) + "\n",
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "audit.md")).ReplaceLineEndings("\n"), StringComparison.Ordinal);

    [Fact]
    public void Between_NothingAndNothing_IsEmpty() => Assert.Empty(AuditChanges.Between(null, null));
}
