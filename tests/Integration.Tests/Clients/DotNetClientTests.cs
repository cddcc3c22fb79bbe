using System.ClientModel;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FinOps.Integration.Tests.Clients;

/// <summary>.NET's own OTLP exporter, over gRPC, under a chat client of Microsoft.Extensions.AI.</summary>
public sealed class DotNetClientTests(Installation installation)
{
    [Fact]
    public async Task ChatClient_OverGrpc_ShowsWholeAndStreamedCallsWithinTenSeconds()
    {
        await using var sent = await Sent.NewAsync(installation);
        await using var openAi = await FakeOpenAi.StartAsync();
        var source = $"FinOps.Integration.Tests.{Guid.NewGuid():N}";
        using (Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService("dotnet-shop").AddAttributes([new("team", "search")]))
            .AddSource(source)
            .AddOtlpExporter(otlp =>
            {
                otlp.Endpoint = installation.Server.Process.OtlpGrpc;
                otlp.Protocol = OtlpExportProtocol.Grpc;
                otlp.Headers = $"x-api-key={sent.Tenant.IngestKey}";
            })
            .Build())
        {
            var client = new OpenAIClient(new ApiKeyCredential("not-a-key"), new OpenAIClientOptions { Endpoint = openAi.BaseUrl });
            using var chat = client.GetChatClient("gpt-4o-mini").AsIChatClient().AsBuilder().UseOpenTelemetry(sourceName: source).Build();
            await chat.GetResponseAsync("Say hello.");
            await foreach (var update in chat.GetStreamingResponseAsync("Say it slowly.")) Assert.NotNull(update);
        }

        var expected = Spend.Of(FakeOpenAi.Usage, FakeOpenAi.Usage);
        await SpendApi.BecomesAsync(async () => (await sent.Api.TotalAsync()) with { ReasoningTokens = 0 }, expected);
        var calls = await sent.Api.CallsAsync();
        Assert.Equal(openAi.ResponseIds.Order(), calls.Select(call => call.ResponseId).Order());
        Assert.All(calls, call => Assert.Equal(("dotnet-shop", "search", "openai", TraceBuilder.Model), (call.Service, call.Team, call.Provider, call.Model)));
    }
}
