using System.ClientModel;
using System.Text.Json.Nodes;
using Anthropic;
using Anthropic.Models.Messages;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;

namespace FinOps.Gateway.Tests.Clients;

/// <summary>The official SDKs, by their address alone.</summary>
public sealed class SdkTests
{
    [Fact]
    public async Task Sdks_OfNpm_WorkThroughTheGateway()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink, file => ((JsonArray)file["providers"]!).Add(RunningGateway.Provider("gemini", "openai", vendor.Address + "/v1beta/openai")));

        var told = await ClientProgram.RunAsync("node", ["sdks.mjs"], ClientProgram.Folder("Gateway.Tests"), new Dictionary<string, string> { ["GATEWAY"] = gateway.Address, ["GATEWAY_KEY"] = gateway.Key });

        Assert.Contains("fine", told, StringComparison.Ordinal);
        // Nine of OpenAI's, one of them a batch; three of each of Anthropic's, and the message of a batch that both fetch. Lists, files and counts of tokens are no calls.
        await sink.WaitAsync(17);
        Assert.Equal(17, sink.Spans.Count);
        Assert.Equal("/v1beta/openai/chat/completions", vendor.Received.Single(one => one.Text.Contains("gemini-3-flash", StringComparison.Ordinal)).Path);
    }

    [Fact]
    public async Task Sdks_OfNuGet_WorkThroughTheGateway()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        var options = new OpenAIClientOptions { Endpoint = new Uri(gateway.Address + "/v1") };
        var chat = new ChatClient("gpt-4o-mini", new ApiKeyCredential(gateway.Key), options);

        var completion = await chat.CompleteChatAsync([new UserChatMessage("hi")]);
        var text = "";
        await foreach (var update in chat.CompleteChatStreamingAsync([new UserChatMessage("hi")])) text += string.Concat(update.ContentUpdate.Select(part => part.Text));
        var embedding = await new EmbeddingClient("text-embedding-3-small", new ApiKeyCredential(gateway.Key), options).GenerateEmbeddingAsync("a");
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => new ChatClient("gpt-4o-mini", new ApiKeyCredential("wrong"), options).CompleteChatAsync([new UserChatMessage("hi")]));

        var anthropic = new AnthropicClient { BaseUrl = gateway.Address, ApiKey = gateway.Key };
        var ask = new MessageCreateParams { Model = "claude-haiku-4-5", MaxTokens = 64, Messages = [new UserMessageParam("hi")] };
        var message = await anthropic.Messages.Create(ask);
        var (events, results) = (0, 0);
        await foreach (var _ in anthropic.Messages.CreateStreaming(ask)) events++;
        await foreach (var _ in anthropic.Messages.Batches.ResultsStreaming("msgbatch_1")) results++;

        Assert.StartsWith("Grüße", completion.Value.Content[0].Text, StringComparison.Ordinal);
        Assert.Equal("Grüße aus 東京 🙂", text);
        Assert.Equal(1, embedding.Value.ToFloats().Span[0]);
        Assert.Equal(401, refused.Status);
        Assert.True(message.Usage.CacheReadInputTokens > 100);
        Assert.Equal(1, results);
        Assert.True(events > 3, $"{events} events");
    }
}
