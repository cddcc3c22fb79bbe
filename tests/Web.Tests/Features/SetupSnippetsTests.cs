using FinOps.Web.Features.Settings;

namespace FinOps.Web.Tests.Features;

public sealed class SetupSnippetsTests
{
    [Fact]
    public void Text_OfEverySnippet_HasTheReadersAddressAndKey()
    {
        foreach (var snippet in SetupSnippets.All)
        {
            var text = SetupSnippets.Text(snippet, "http://finops:4318", "http://finops:4317", "key-of-the-reader");
            Assert.Contains("key-of-the-reader", text, StringComparison.Ordinal);
            Assert.Contains("http://finops:431", text, StringComparison.Ordinal);
            Assert.DoesNotContain("{{", text.Replace("${{", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }
}
