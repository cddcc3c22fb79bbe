using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using FinOps.Integration.Tests.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FinOps.Integration.Tests.Clients;

/// <summary>Stands for OpenAI on the loopback address: answers chat completions, whole and streamed, with the documented usage block.</summary>
internal sealed class FakeOpenAi : IAsyncDisposable
{
    /// <summary>What every answer says it used; 100 of the output are reasoning.</summary>
    public static readonly Tokens Usage = new(1000, 300, 200);

    public const int Reasoning = 100;

    private readonly WebApplication _app;

    private FakeOpenAi(WebApplication app) => _app = app;

    public Uri BaseUrl => new(_app.Urls.Single() + "/v1");

    /// <summary>Of each answer given.</summary>
    public ConcurrentQueue<string> ResponseIds { get; } = new();

    public static async Task<FakeOpenAi> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var fake = new FakeOpenAi(app);
        app.MapPost("/v1/chat/completions", fake.AnswerAsync);
        await app.StartAsync();
        return fake;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        var id = TraceBuilder.NewResponseId();
        ResponseIds.Enqueue(id);
        if (request["stream"]?.GetValue<bool>() != true)
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Body(id, "chat.completion", "message", "stop", withUsage: true).ToJsonString());
            return;
        }

        context.Response.ContentType = "text/event-stream";
        var asksForUsage = request["stream_options"]?["include_usage"]?.GetValue<bool>() == true;
        await EventAsync(Body(id, "chat.completion.chunk", "delta", null, withUsage: false));
        await EventAsync(Body(id, "chat.completion.chunk", "delta", "stop", withUsage: false));
        if (asksForUsage)
        {
            var last = Body(id, "chat.completion.chunk", "delta", null, withUsage: true);
            last["choices"] = new JsonArray();
            await EventAsync(last);
        }

        await context.Response.WriteAsync("data: [DONE]\n\n");

        Task EventAsync(JsonNode chunk) => context.Response.WriteAsync($"data: {chunk.ToJsonString()}\n\n");
    }

    private static JsonObject Body(string id, string kind, string part, string? finish, bool withUsage)
    {
        var body = new JsonObject
        {
            ["id"] = id,
            ["object"] = kind,
            ["created"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(),
            ["model"] = TraceBuilder.Model,
            ["choices"] = new JsonArray(new JsonObject
            {
                ["index"] = 0,
                [part] = new JsonObject { ["role"] = "assistant", ["content"] = "Hello." },
                ["finish_reason"] = finish,
            }),
        };
        if (!withUsage) return body;
        body["usage"] = new JsonObject
        {
            ["prompt_tokens"] = Usage.Input,
            ["completion_tokens"] = Usage.Output,
            ["total_tokens"] = Usage.Input + Usage.Output,
            ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = Usage.Cached },
            ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = Reasoning },
        };
        return body;
    }
}
