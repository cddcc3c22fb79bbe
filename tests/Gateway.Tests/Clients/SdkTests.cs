using System.ClientModel;
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
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);

        var told = await ClientProgram.RunAsync("node", ["sdks.mjs"], ClientProgram.Folder("Gateway.Tests"), new Dictionary<string, string> { ["GATEWAY"] = gateway.Address, ["GATEWAY_KEY"] = gateway.Key });

        Assert.Contains("fine", told, StringComparison.Ordinal);
        // Seven of OpenAI's, three of each of Anthropic's; lists and counts of tokens are no calls.
        await sink.WaitAsync(13);
        Assert.Equal(13, sink.Spans.Count);
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
        var message = await anthropic.Messages.Create(new MessageCreateParams { Model = "claude-haiku-4-5", MaxTokens = 64, Messages = [new UserMessageParam("hi")] });

        Assert.StartsWith("Grüße", completion.Value.Content[0].Text, StringComparison.Ordinal);
        Assert.Equal("Grüße aus 東京 🙂", text);
        Assert.Equal(1, embedding.Value.ToFloats().Span[0]);
        Assert.Equal(401, refused.Status);
        Assert.True(message.Usage.CacheReadInputTokens > 100);
    }
}
