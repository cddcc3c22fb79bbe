using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Gateway.Configuration;

namespace FinOps.Gateway.Tests;

/// <summary>A gateway in front of one stand-in that is OpenAI, Anthropic and Azure, on ports of its own.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    /// <summary>The providers' real key, which only the gateway has.</summary>
    public static string RealKey { get; } = "sk-real-" + RandomNumberGenerator.GetHexString(16);

    private readonly GatewayHost _host;

    private RunningGateway(GatewayHost host, string folder, string key)
    {
        _host = host;
        Folder = folder;
        Key = key;
        // An answer that is not read to its end closes the connection: the caller has left.
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxResponseDrainSize = 0 }) { BaseAddress = new Uri(host.Address), Timeout = TimeSpan.FromSeconds(30) };
    }

    public string Folder { get; }

    /// <summary>What callers have.</summary>
    public string Key { get; }

    public HttpClient Client { get; }

    public string Address => _host.Address;

    /// <param name="change">Changes the file before it is read.</param>
    /// <param name="folder">Of a gateway before this one.</param>
    /// <param name="time">Null: the machine's.</param>
    public static async Task<RunningGateway> StartAsync(VendorServer vendor, ReportSink? sink = null, Action<JsonObject>? change = null, string? folder = null, TimeProvider? time = null)
    {
        folder ??= TestFolders.New();
        var key = "fgw_" + RandomNumberGenerator.GetHexString(24, lowercase: true);
        var secret = Path.Combine(folder, "provider.key");
        await System.IO.File.WriteAllTextAsync(secret, RealKey + "\n");
        var file = File(vendor, key, sink);
        change?.Invoke(file);
        var (settings, errors) = ConfigurationReader.Read(Encoding.UTF8.GetBytes(file.ToJsonString()), folder);
        Assert.Empty(errors);
        var host = new GatewayHost(settings!, time ?? TimeProvider.System);
        if (host.LoadPolicies() is { Count: > 0 } wrong)
        {
            await host.DisposeAsync();
            throw new InvalidOperationException(string.Join('\n', wrong));
        }

        await host.StartAsync(Stopwatch.GetTimestamp(), CancellationToken.None);
        return new RunningGateway(host, folder, key);
    }

    public static JsonObject File(VendorServer vendor, string key, ReportSink? sink) => new()
    {
        ["listen"] = "127.0.0.1:0",
        ["admin_listen"] = "",
        ["data"] = "data",
        ["providers"] = new JsonArray(
            Provider("openai", "openai", vendor.Address + "/v1"), Provider("anthropic", "anthropic", vendor.Address), Provider("azure", "azure", vendor.Address)),
        ["keys"] = new JsonArray(new JsonObject
        {
            ["id"] = "tests",
            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))),
            ["tags"] = new JsonObject { ["team"] = "care" },
        }),
        ["report"] = sink is null ? null : new JsonObject { ["endpoint"] = sink.Address, ["key"] = new JsonObject { ["file"] = "provider.key" } },
    };

    public static JsonObject Provider(string name, string kind, string address) => new()
    {
        ["name"] = name,
        ["kind"] = kind,
        ["base_url"] = address,
        ["api_key"] = new JsonObject { ["file"] = "provider.key" },
        ["internal"] = true,
    };

    public HttpRequestMessage Post(string path, string body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (!headers.Any(header => header.Name is "Authorization" or "x-api-key")) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    public async Task<(HttpResponseMessage Response, string Body)> AskAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        var response = await Client.SendAsync(Post(path, body, headers));
        return (response, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Until so many calls are being answered.</summary>
    public async Task WaitInFlightAsync(int count)
    {
        for (var waited = 0; _host.InFlight < count; waited++)
        {
            Assert.True(waited < 2_000, $"Of {count} calls {_host.InFlight} are in flight.");
            await Task.Delay(5);
        }

        // They are counted when they come; what they then find takes no waiting.
        await Task.Delay(300);
    }

    /// <summary>Until the last call has ended here too: its caller may have the whole answer before.</summary>
    /// <param name="but">So many may go on.</param>
    public async Task WaitIdleAsync(int but = 0)
    {
        for (var waited = 0; _host.InFlight > but; waited++)
        {
            Assert.True(waited < 2_000, $"{_host.InFlight} calls are still in flight.");
            await Task.Delay(5);
        }
    }

    public async Task<string> MetricsAsync()
    {
        using var text = new MemoryStream();
        await _host.Counters.WriteAsync(text, 0, default, default, CancellationToken.None);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _host.DisposeAsync();
    }
}
