using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace FinOps.Gateway.Tests;

/// <summary>What users get: compiled ahead of time, where a warning is an error, and run.</summary>
public sealed class NativeProgramTests
{
    private const int MostMegabytes = 25;

    [Fact]
    public async Task Program_CompiledAheadOfTime_NamesWhatIsWrong_AndAnswersACall()
    {
        var root = Path.GetFullPath(Path.Combine(ClientProgram.Folder("Gateway.Tests"), "../../.."));
        var told = await ClientProgram.RunAsync(Path.Combine(root, "finops"), ["gateway", "key"], root, new Dictionary<string, string>());
        var (key, hash) = (told.Split('\n')[0].Split(' ')[^1], told.Split('\n')[1].Split(' ')[^1]);
        var program = Path.Combine(root, "artifacts", "gateway", "FinOps.Gateway");
        Assert.True(new FileInfo(program).Length < MostMegabytes * 1_000_000);

        await using var vendor = await VendorServer.StartAsync();
        var folder = TestFolders.New();
        var file = RunningGateway.File(vendor, key, sink: null);
        (file["listen"], file["keys"]![0]!["sha256"]) = ("127.0.0.1:0", hash);
        await File.WriteAllTextAsync(Path.Combine(folder, "provider.key"), RunningGateway.RealKey);
        await File.WriteAllTextAsync(Path.Combine(folder, "good.json"), file.ToJsonString());
        file["listen"] = "nowhere";
        await File.WriteAllTextAsync(Path.Combine(folder, "bad.json"), file.ToJsonString());
        using (var check = Process.Start(new ProcessStartInfo(program, ["check", "--config", Path.Combine(folder, "bad.json")]) { RedirectStandardError = true })!)
        {
            Assert.Contains("listen: 'nowhere'", await check.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
            await check.WaitForExitAsync();
            Assert.Equal(78, check.ExitCode);
        }

        using var running = Process.Start(new ProcessStartInfo(program, ["--config", Path.Combine(folder, "good.json")]) { RedirectStandardOutput = true })!;
        try
        {
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address(await running.StandardOutput.ReadLineAsync()) };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            using var content = new StringContent("""{"model":"gpt-4o-mini","messages":[]}""", Encoding.UTF8, "application/json");
            using var answer = await client.PostAsync("/v1/chat/completions", content);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.StartsWith("0.0000", answer.Headers.GetValues("x-finops-cost").Single(), StringComparison.Ordinal);
            await ManyAtOnceAsync(client);
        }
        finally
        {
            running.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Calls go on in the threads that hear of their bytes, long ones elsewhere: all are answered, whatever goes beside them.</summary>
    private static Task ManyAtOnceAsync(HttpClient client) => Task.WhenAll(Enumerable.Range(0, 200).Select(async number =>
    {
        var text = new string('a', number % 20 == 0 ? 300_000 : number);
        var stream = number % 3 == 0 ? ",\"stream\":true" : "";
        using var content = new StringContent($$"""{"model":"gpt-4o-mini","messages":[{"role":"user","content":"{{text}}"}]{{stream}}}""", Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/v1/chat/completions", content);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(stream.Length == 0 ? "\"usage\"" : "data: [DONE]", body, StringComparison.Ordinal);
    }));

    /// <summary>Where it takes calls, by the line with which it says that it is ready.</summary>
    private static Uri Address(string? ready)
    {
        Assert.Contains("Ready after", ready, StringComparison.Ordinal);
        return new Uri(ready!.Split("calls at ")[1].Split(',')[0]);
    }
}
