using System.Text;
using FinOps.Gateway.Configuration;

namespace FinOps.Gateway.Tests.Configuration;

public sealed class ConfigurationReaderTests
{
    private static IReadOnlyList<string> Errors(string json) => ConfigurationReader.Read(Encoding.UTF8.GetBytes(json), Path.GetTempPath()).Errors;

    [Fact]
    public void File_WithMistakes_NamesEachWithItsPlace()
    {
        var errors = Errors("""
            {
              "listen": "everywhere", // a comment is fine
              "providers": [
                { "name": "openai", "kind": "openai", "base_url": "ftp://x", "api_key": { "env": "FINOPS_NO_SUCH_VARIABLE" } },
                { "name": "openai", "kind": "bard", "base_url": "https://user:pw@api.openai.com/v1" },
                { "name": "a b", "kind": "openai", "base_url": "https://x/v1", "idle_timeout_seconds": 0 },
              ],
              "keys": [
                { "id": "one", "sha256": "abc" },
                { "id": "two", "sha256": "0000000000000000000000000000000000000000000000000000000000000000", "providers": ["none"], "tags": { "colour": "red" } },
              ],
              "report": { "endpoint": "http://x" },
              "limits": { "max_calls": -1 }
            }
            """);

        Assert.Collection(
            errors,
            one => Assert.StartsWith("providers[0].base_url:", one, StringComparison.Ordinal),
            one => Assert.StartsWith("providers[1].name:", one, StringComparison.Ordinal),
            one => Assert.StartsWith("providers[1].kind:", one, StringComparison.Ordinal),
            one => Assert.StartsWith("providers[1].base_url:", one, StringComparison.Ordinal),
            one => Assert.StartsWith("providers[2].name:", one, StringComparison.Ordinal),
            one => Assert.StartsWith("providers[2]: it has neither", one, StringComparison.Ordinal),
            one => Assert.StartsWith("providers[2].idle_timeout_seconds:", one, StringComparison.Ordinal),
            one => Assert.StartsWith("listen:", one, StringComparison.Ordinal),
            one => Assert.StartsWith("keys[0].sha256:", one, StringComparison.Ordinal),
            one => Assert.StartsWith("keys[1].providers:", one, StringComparison.Ordinal),
            one => Assert.StartsWith("keys[1].tags.colour:", one, StringComparison.Ordinal),
            one => Assert.StartsWith("report.key:", one, StringComparison.Ordinal),
            one => Assert.StartsWith("limits.max_calls:", one, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"lisen\":\"x\"}", "lisen")]
    [InlineData("{\"providers\":[{\"name\":1}]}", "providers[0].name")]
    [InlineData("nonsense", "$")]
    public void File_OfAnotherShape_SaysWhere(string json, string part) => Assert.Contains(part, Assert.Single(Errors(json)), StringComparison.Ordinal);

    [Fact]
    public void File_WithTheLeast_HasTheDefaults()
    {
        var (settings, errors) = ConfigurationReader.Read("""{"providers":[{"name":"openai","kind":"openai","base_url":"https://api.openai.com/v1/","client_keys":true}]}"""u8, "/tmp");

        Assert.Empty(errors);
        Assert.Equal(("127.0.0.1:4000", "127.0.0.1:4001"), (settings!.Listen.ToString(), settings.AdminListen!.ToString()));
        Assert.Equal((32 << 20, 8 << 20, 10_000), (settings.Limits.MaxRequestBytes, settings.Limits.MaxBufferedAnswerBytes, settings.Limits.MaxCalls));
        Assert.Equal((true, 600.0, 120.0), (settings.Providers.All[0].StreamUsage, settings.Providers.All[0].FirstByteTimeout.TotalSeconds, settings.Providers.All[0].IdleTimeout.TotalSeconds));
    }
}
