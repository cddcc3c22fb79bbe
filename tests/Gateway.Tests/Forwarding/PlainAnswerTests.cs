using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Gateway.Tests.Control;
using FinOps.Gateway.Tests.Leases;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Tests.Forwarding;

/// <summary>Providers that compress unasked, and answers that nobody here can read: what they cost is known all the same.</summary>
public sealed class PlainAnswerTests
{
    private const string Question = """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}""";
    private const string Stream = """{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}""";

    private static byte[] Compress(string encoding, string text)
    {
        using var to = new MemoryStream();
        using (System.IO.Stream packed = encoding switch
        {
            "br" => new BrotliStream(to, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(to, CompressionLevel.Fastest, leaveOpen: true),
            _ => new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true),
        })
        {
            packed.Write(Encoding.UTF8.GetBytes(text));
        }

        return to.ToArray();
    }

    private static void Answer(VendorServer vendor, string encoding, string type, byte[] body, int status = 200) => vendor.First = async (http, _) =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.Headers.ContentEncoding = encoding;
        await http.Response.Body.WriteAsync(body);
        return true;
    };

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("GZIP", "gzip")]
    [InlineData("deflate", "deflate")]
    [InlineData("br", "br")]
    public async Task CompressedAnswer_ComesPlain_AndIsMetered(string told, string encoding)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        var text = VendorServer.Chat(1);
        Answer(vendor, told, "application/json", Compress(encoding, text));

        var (response, body) = await gateway.AskAsync("/v1/chat/completions", Question, ("Accept-Encoding", "gzip, br"));

        Assert.Equal(text, body);
        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Equal(Encoding.UTF8.GetByteCount(text), response.Content.Headers.ContentLength);
        // 113 input, 68 of them cached, 35 output.
        Assert.Equal(0.00003285m, LeaseTests.Cost(response));
    }

    [Fact]
    public async Task CompressedStreamAndError_ComePlain_AndAreRead()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        var events = VendorServer.ChatStream(2, tellsUsage: true);
        Answer(vendor, "gzip", "text/event-stream", Compress("gzip", events));
        var (_, stream) = await gateway.AskAsync("/v1/chat/completions", Stream);
        const string Error = """{"error":{"message":"No money","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}""";
        Answer(vendor, "br", "application/json", Compress("br", Error), 429);
        var (refused, error) = await gateway.AskAsync("/v1/chat/completions", Question);

        // 126 input, 72 of them cached, 40 output.
        Assert.Equal(events + ": x-finops-cost: 0.0000375\n\n", stream);
        Assert.Equal((429, Error), ((int)refused.StatusCode, error));
        Assert.Contains("outcome=\"insufficient_quota\"} 1", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswerThatIsNotWhatItsHeadSays_IsAnError_InTheProvidersForm()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        Answer(vendor, "gzip", "application/json", Encoding.UTF8.GetBytes(VendorServer.Chat(1)));

        var (response, body) = await gateway.AskAsync("/v1/chat/completions", Question);

        Assert.Equal(502, (int)response.StatusCode);
        Assert.StartsWith("finops_", LeaseTests.Code(body), StringComparison.Ordinal);
    }

    /// <summary>Neither is free: not for the report, and not for a budget.</summary>
    [Theory]
    [InlineData("zstd")]
    [InlineData("")]
    public async Task AnswerThatPassesUnread_CountsByItsLength_AndIsChargedToLeases(string encoding)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(10);
        await using var sink = await ReportSink.StartAsync();
        // Longer than what is held to be read; 0.6 USD for a million tokens of four bytes.
        var text = VendorServer.Chat(1).Replace("Grüße", new string('a', 5_000_000), StringComparison.Ordinal);
        Answer(vendor, encoding, "application/json", Encoding.UTF8.GetBytes(text));
        var gateway = await LeaseTests.StartAsync(vendor, control, LeaseTests.Month(usd: 1), sink, change: file => file["limits"] = new JsonObject { ["max_buffered_answer_megabytes"] = 1 });

        var (response, body) = await gateway.AskAsync("/v1/chat/completions", Question);
        await gateway.DisposeAsync();

        Assert.Equal((200, text.Length), ((int)response.StatusCode, body.Length));
        Assert.InRange(ledger.Spent, 0.75m, 0.76m);
        Assert.Equal((1, 0m), (ledger.Calls, ledger.Outstanding));
        var metrics = await gateway.MetricsAsync();
        Assert.Contains("finops_gateway_usage_untold_total{provider=\"openai\",kind=\"estimated\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains($"finops_gateway_unread_total{{reason=\"{(encoding.Length == 0 ? "long_answer" : "compressed")}\"}} 1", metrics, StringComparison.Ordinal);
    }
}
