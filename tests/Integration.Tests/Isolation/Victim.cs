using System.Net;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Isolation;

/// <summary>A tenant with calls whose every name and id is a secret of its own, to be looked for where it must not be.</summary>
internal sealed class Victim : IAsyncDisposable
{
    private Victim(Sent sent, string canary, string trace, string response)
    {
        Sent = sent;
        Canary = canary;
        Trace = trace;
        Response = response;
    }

    public Sent Sent { get; }

    /// <summary>Part of every tag of the call.</summary>
    public string Canary { get; }

    public string Trace { get; }

    public string Response { get; }

    public string CallId { get; private set; } = "";

    /// <summary>Leads past the first of two calls.</summary>
    public string Cursor { get; private set; } = "";

    /// <summary>A cursor that lies before every sample.</summary>
    public string BeforeAll => $"1-{CallId}";

    /// <param name="withSample">One of the calls has its prompt kept, which takes some seconds more.</param>
    public static async Task<Victim> NewAsync(Installation installation, bool withSample = false)
    {
        var canary = "canary-" + Guid.NewGuid().ToString("N");
        var sent = await Sent.NewAsync(installation);
        if (withSample) await sent.KeepSamplesAsync();
        // Of now, so that it is of this month.
        var trace = new TraceBuilder(service: canary + "-service", TimeProvider.System.GetUtcNow());
        var response = TraceBuilder.NewResponseId();
        (string, object)[] tags =
        [
            ("feature", canary + "-feature"), ("user.id", canary + "-user"), ("team", canary + "-team"), ("customer.id", canary + "-customer"),
            ("session.id", canary + "-session"), ("deployment.environment.name", canary + "-environment"),
        ];
        var route = trace.Route($"/{canary}-endpoint", tags);
        await sent.Sender.AcceptAsync(trace.Call(new Tokens(100, 10), route, response, more: [.. tags, ("gen_ai.input.messages", canary + "-prompt")]), trace.Call(new Tokens(200, 20), route, more: tags), route);
        await sent.Api.TotalBecomesAsync(Spend.Of(new Tokens(100, 10), new Tokens(200, 20)));
        var victim = new Victim(sent, canary, trace.TraceId, response);
        await victim.FindIdsAsync(installation.Server.Process);
        return victim;
    }

    public ValueTask DisposeAsync() => Sent.DisposeAsync();

    private async Task FindIdsAsync(ServerProcess server)
    {
        CallId = (await Sent.Api.CallsAsync()).Single(call => call.ResponseId == Response).Id;
        using var http = server.Client(Sent.Tenant.ApiKey);
        var page = System.Text.Json.JsonDocument.Parse(await http.GetStringAsync("/api/v1/calls?limit=1"));
        Cursor = page.RootElement.GetProperty("nextCursor").GetString()!;
    }
}

/// <summary>What came back for an address under a key.</summary>
internal sealed record Reply(HttpStatusCode Status, string Body)
{
    public static async Task<Reply> GetAsync(ServerProcess server, string? key, string address, params (string Name, string Value)[] headers)
    {
        using var http = server.Client(key);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.SendAsync(request);
        return new Reply(response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
