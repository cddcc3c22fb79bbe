using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using FinOps.Ingest.Tests.Otlp.Protos;

namespace FinOps.Gateway.Tests;

/// <summary>What ingest is to the gateway: takes OTLP over HTTP, or refuses it as a test wants. Reads it with the generated classes, not with our own reader.</summary>
internal sealed class ReportSink : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(Span Span, string Scope, string Key)> _spans = new();
    private int _asked;

    private ReportSink(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    public static async Task<ReportSink> StartAsync(int port = 0)
    {
        var sink = new ReportSink(port);
        await sink._app.StartAsync();
        return sink;
    }

    public string Address => _app.Urls.First();

    public int Port => new Uri(Address).Port;

    /// <summary>What it answers; 200 takes.</summary>
    public int Status { get; set; } = 200;

    /// <summary>Whether it never answers.</summary>
    public bool Hangs { get; set; }

    /// <summary>What happens before it answers.</summary>
    public Action? Before { get; set; }

    /// <summary>How often it was sent something.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public IReadOnlyList<(Span Span, string Scope, string Key)> Spans => [.. _spans];

    private async Task ServeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        Before?.Invoke();
        if (Hangs) await Task.Delay(Timeout.Infinite, http.RequestAborted);
        http.Response.StatusCode = Status;
        Interlocked.Increment(ref _asked);
        if (Status != 200) return;
        foreach (var resource in ExportTraceServiceRequest.Parser.ParseFrom(body.ToArray()).ResourceSpans)
            foreach (var scope in resource.ScopeSpans)
                foreach (var span in scope.Spans) _spans.Enqueue((span, scope.Scope.Name, http.Request.Headers.Authorization.ToString()));
    }

    public async Task<IReadOnlyList<Dictionary<string, string>>> WaitAsync(int count)
    {
        for (var waited = 0; _spans.Count < count; waited++)
        {
            Assert.True(waited < 200, $"Of {count} spans came {_spans.Count}.");
            await Task.Delay(50);
        }

        return [.. Spans.OrderBy(one => one.Span.StartTimeUnixNano).Select(one => Attributes(one.Span))];
    }

    public static Dictionary<string, string> Attributes(Span span) => span.Attributes.ToDictionary(one => one.Key, one => one.Value.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => one.Value.StringValue,
        AnyValue.ValueOneofCase.IntValue => one.Value.IntValue.ToString(System.Globalization.CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.BoolValue => one.Value.BoolValue ? "true" : "false",
        AnyValue.ValueOneofCase.DoubleValue => one.Value.DoubleValue.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => string.Join(',', one.Value.ArrayValue.Values.Select(item => item.StringValue)),
    });

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
