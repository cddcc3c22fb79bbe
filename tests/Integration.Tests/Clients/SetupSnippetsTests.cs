using FinOps.Integration.Tests.Wire;
using FinOps.Testing;
using FinOps.Web.Features.Settings;

namespace FinOps.Integration.Tests.Clients;

/// <summary>The set-ups that the Settings page shows, run as written: the call of each shows up with its exact cost within ten seconds.</summary>
public sealed class SetupSnippetsTests(Installation installation)
{
    [Fact]
    public async Task AnySdk_ConfiguredByTheSnippetAlone_ShowsItsCall()
    {
        await using var sent = await Sent.NewAsync(installation);
        var id = TraceBuilder.NewResponseId();
        var script = await FillAsync("any-sdk.sh", sent, installation.NewFolder());

        await ClientProgram.RunAsync(
            "bash", ["-c", $"set -eu; . '{script}'; node any-sdk.mjs"], ClientProgram.Folder("Integration.Tests"), new Dictionary<string, string> { ["RESPONSE_ID"] = id });

        await sent.Api.TotalBecomesAsync(Spend.Of(new Tokens(1000, 300)));
        var call = await sent.Api.OnlyCallAsync();
        Assert.Equal((id, "my-service", "production", "my-team"), (call.ResponseId, call.Service, call.Environment, call.Team));
    }

    [Fact]
    public async Task VercelAiSdk_AsTheSnippetSaysIt_ShowsItsCall()
    {
        await using var sent = await Sent.NewAsync(installation);
        await using var openAi = await FakeOpenAi.StartAsync();

        // Node looks for packages above the script, as it does in a user's project.
        var folder = Directory.CreateDirectory(Path.Combine(ClientProgram.Folder("Integration.Tests"), "node_modules", ".snippets", Guid.NewGuid().ToString("N"))).FullName;
        try
        {
            await ClientProgram.RunAsync("node", [await FillAsync("vercel-ai-sdk.mjs", sent, folder)], folder, Environment(openAi));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        await AssertShownAsync(sent, openAi);
        Assert.Equal("my-feature", (await sent.Api.OnlyCallAsync()).Feature);
    }

    [Fact]
    public async Task MicrosoftExtensionsAi_AsTheSnippetSaysIt_ShowsItsCall()
    {
        await using var sent = await Sent.NewAsync(installation);
        await using var openAi = await FakeOpenAi.StartAsync();
        var folder = installation.NewFolder();
        var app = Path.Combine(folder, "app.cs");
        File.Move(await FillAsync("microsoft-extensions-ai.cs", sent, folder), app);

        await ClientProgram.RunAsync("dotnet", ["run", app], folder, Environment(openAi));

        await AssertShownAsync(sent, openAi);
        Assert.Equal("my-service", (await sent.Api.OnlyCallAsync()).Service);
    }

    private static async Task AssertShownAsync(Sent sent, FakeOpenAi openAi)
    {
        await SpendApi.BecomesAsync(async () => (await sent.Api.TotalAsync()) with { ReasoningTokens = 0 }, Spend.Of(FakeOpenAi.Usage));
        Assert.Equal(Assert.Single(openAi.ResponseIds), (await sent.Api.OnlyCallAsync()).ResponseId);
    }

    private async Task<string> FillAsync(string name, Sent sent, string folder)
    {
        var server = installation.Server.Process;
        var snippet = SetupSnippets.All.Single(snippet => snippet.File == name);
        var file = Path.Combine(folder, name);
        await File.WriteAllTextAsync(file, SetupSnippets.Text(snippet, Address(server.OtlpHttp), Address(server.OtlpGrpc), sent.Tenant.IngestKey));
        return file;
    }

    private static string Address(Uri address) => address.ToString().TrimEnd('/');

    private static Dictionary<string, string> Environment(FakeOpenAi openAi) =>
        new() { ["OPENAI_BASE_URL"] = openAi.BaseUrl.ToString(), ["OPENAI_API_KEY"] = "not-a-key" };
}
