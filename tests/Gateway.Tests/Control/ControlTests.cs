using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Domain.Policies;

namespace FinOps.Gateway.Tests.Control;

public sealed class ControlTests
{
    private const string Chat = """{"model":"gpt-4o","messages":[]}""";

    private static string Cap(int tokens) => $$"""{"id":"cap","name":"Cap","kind":"output_limit","match":{"all":true},"body":{"mode":"set","max_tokens":{{tokens}}} }""";

    private static Task<RunningGateway> StartAsync(VendorServer vendor, ControlServer control, string? folder = null, ReportSink? sink = null)
    {
        folder ??= TestFolders.New();
        File.WriteAllText(Path.Combine(folder, "token"), ControlServer.Token);
        return RunningGateway.StartAsync(vendor, sink, file =>
        {
            file["control"] = new JsonObject { ["url"] = control.Address, ["token"] = new JsonObject { ["file"] = "token" } };
            (file["report"] as JsonObject)?.Remove("key");
        }, folder);
    }

    private static async Task<string> AskedAsync(RunningGateway gateway, VendorServer vendor)
    {
        await gateway.AskAsync("/v1/chat/completions", Chat);
        return vendor.Received[^1].Text;
    }

    [Fact]
    public async Task Gateway_EnrolsOnce_ObeysWithinSeconds_AndTellsThatItLives()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(vendor, control, sink: sink);
        control.Send(7, Cap(5));
        Assert.Equal((7, "none"), ((await control.WaitForWordAsync(1)).Version, control.Told[0].Refusal));
        Assert.Contains("\"max_completion_tokens\":5", await AskedAsync(gateway, vendor), StringComparison.Ordinal);

        var began = Stopwatch.GetTimestamp();
        control.Send(8, Cap(6));
        await control.WaitForWordAsync(2);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5));
        Assert.Contains("\"max_completion_tokens\":6", await AskedAsync(gateway, vendor), StringComparison.Ordinal);

        // It reports with the key that it got.
        await sink.WaitAsync(2);
        Assert.All(sink.Spans, one => Assert.Equal("Bearer " + control.AgentKey, one.Key));
        for (var waited = 0; control.Beats.All(beat => beat is not { Version: 8, Calls: 2 }) && waited < 100; waited++) await Task.Delay(50);
        Assert.Contains(control.Beats, beat => beat is { Version: 8, Calls: 2 } && beat.Software.StartsWith("finops-gateway ", StringComparison.Ordinal));
        Assert.Equal(1, control.Enrolments);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(gateway.Folder, "data", "identity.json")));
    }

    [Fact]
    public async Task Identity_ThatTheDiskDoesNotTake_CountsAllTheSame_AndIsKeptWhenThereIsRoom()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var folder = TestFolders.New();
        var file = Path.Combine(folder, "data", "identity.json");
        // No file can take a folder's place.
        Directory.CreateDirectory(file);
        await using var gateway = await StartAsync(vendor, control, folder);
        control.Send(7, Cap(5));
        await control.WaitForWordAsync(1);
        Assert.Contains("\"max_completion_tokens\":5", await AskedAsync(gateway, vendor), StringComparison.Ordinal);

        Directory.Delete(file);
        for (var waited = 0; !File.Exists(file) && waited < 200; waited++) await Task.Delay(50);

        Assert.Equal(control.AgentKey, JsonNode.Parse(await File.ReadAllTextAsync(file))!["AgentKey"]!.ToString());
        Assert.Equal(1, control.Enrolments);
    }

    [Fact]
    public async Task Bundle_ThatIsNotGood_IsRefused_AndTheLastGoodOneGoesOn()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        await using var gateway = await StartAsync(vendor, control);
        control.Send(7, Cap(5));
        await control.WaitForWordAsync(1);

        control.Send(9, """{"id":"x","name":"X","kind":"route","match":{"operation":"chat"},"body":{"rules":[{"tier":1,"targets":[{"provider":"nowhere","model":"m"}]}]}}""");
        var unsupported = await control.WaitForWordAsync(2);
        Assert.Equal((9, "invalid"), (unsupported.Version, unsupported.Refusal));
        Assert.Contains("nowhere", unsupported.Errors.Single().Problem, StringComparison.Ordinal);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        control.Send(10, Cap(1), key: other);
        Assert.Equal("unknown_key", (await control.WaitForWordAsync(3)).Refusal);

        Assert.Contains("\"max_completion_tokens\":5", await AskedAsync(gateway, vendor), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateway_ThatEnrolsWithAnotherOrganisation_FindsNothingOfTheOneBefore()
    {
        const string Keep = """{"id":"keep","name":"Keep","kind":"exact_cache","match":{"all":true},"body":{"ttl_seconds":600,"scope":"tenant"}}""";
        await using var vendor = await VendorServer.StartAsync();
        var folder = TestFolders.New();
        Assert.Equal(["miss", "hit"], await AskTwiceAsync());
        // The same organisation finds it again after a restart, another one does not.
        await using var first = await ControlServer.StartAsync();
        Assert.Equal(["miss", "hit"], await AskTwiceAsync(first));
        Assert.Equal(["hit", "hit"], await AskTwiceAsync(first));
        File.Delete(Path.Combine(folder, "data", "identity.json"));
        await using var second = await ControlServer.StartAsync();
        Assert.Equal(["miss", "hit"], await AskTwiceAsync(second));

        async Task<string[]> AskTwiceAsync(ControlServer? control = null)
        {
            control?.Send(7, Keep);
            if (control is null) await File.WriteAllTextAsync(Path.Combine(folder, "policies.json"), $$"""{"schema":1,"policies":[{{Keep}}]}""");
            await using var gateway = control is null ? await RunningGateway.StartAsync(vendor, change: file => file["policies"] = "policies.json", folder: folder) : await StartAsync(vendor, control, folder);
            var states = new List<string>();
            for (var waited = 0; states.Count < 2 && waited < 200; waited++)
            {
                var (answer, _) = await gateway.AskAsync("/v1/chat/completions", Chat);
                await gateway.WaitIdleAsync();
                var state = answer.Headers.GetValues("x-finops-cache").Single();
                if (state != "none") states.Add(state);
                else await Task.Delay(50);
            }

            return [.. states];
        }
    }

    [Theory]
    [InlineData("older")]
    [InlineData("bad_signature")]
    [InlineData("other_tenant")]
    [InlineData("not_readable")]
    public async Task Bundle_OfAnAttacker_IsRefused(string refusal)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        await using var gateway = await StartAsync(vendor, control);
        control.Send(7, Cap(5));
        await control.WaitForWordAsync(1);

        switch (refusal)
        {
            case "older": control.Send(6, Cap(1)); break;
            case "other_tenant": control.Send(8, Cap(1), tenant: Guid.NewGuid()); break;
            case "bad_signature":
                var good = SignedBundle.Sign(control.Key, Encoding.UTF8.GetBytes("{}"));
                control.SendRaw(8, good with { Payload = Encoding.UTF8.GetBytes("{ }") });
                break;
            default: control.SendRaw(8, new SignedBundle([], null!, [])); break;
        }

        Assert.Equal(refusal, (await control.WaitForWordAsync(2)).Refusal);
        Assert.Contains("\"max_completion_tokens\":5", await AskedAsync(gateway, vendor), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateway_StartsWithTheLastGoodBundle_WhileTheControlPlaneIsAway()
    {
        await using var vendor = await VendorServer.StartAsync();
        var control = await ControlServer.StartAsync();
        string folder;
        await using (var first = await StartAsync(vendor, control))
        {
            folder = first.Folder;
            control.Send(7, Cap(5));
            await control.WaitForWordAsync(1);
        }

        var port = new Uri(control.Address).Port;
        var identity = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "data", "identity.json")))!;
        await control.DisposeAsync();
        await using var second = await RunningGateway.StartAsync(vendor, change: file => file["control"] = new JsonObject { ["url"] = $"http://127.0.0.1:{port}" }, folder: folder);
        Assert.Contains("\"max_completion_tokens\":5", await AskedAsync(second, vendor), StringComparison.Ordinal);
        Assert.Equal(control.AgentKey, identity["AgentKey"]!.ToString());
    }
}
