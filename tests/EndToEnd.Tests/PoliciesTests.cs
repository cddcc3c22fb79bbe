using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FinOps.Analytics.Tenancy;
using FinOps.Gateway.Tests;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>
/// The closed loop: an analyst drafts an output limit and an exact cache and sees what they touch, an approver approves them in the browser, a running gateway obeys within seconds, repeated calls cost nothing, and the call's
/// page says which policy did it.
/// </summary>
public sealed class PoliciesTests(DemoInstallation demo)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Policies_ApprovedInTheBrowser_AreEnforcedByARunningGateway_AndSeenOnTheCall()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        var analyst = new Account(await demo.Tenants.NewMemberAsync(tenant.Id, TenantRole.Analyst), TenantMaker.Password);
        var approver = new Account(await demo.Tenants.NewMemberAsync(tenant.Id, TenantRole.Approver), TenantMaker.Password);
        await using var vendor = await VendorServer.StartAsync();
        using var gateway = new EdgeGateway(vendor.Address, demo.Server);

        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/agents");
            await page.GetByRole(AriaRole.Button, new() { Name = "Enrol a gateway" }).ClickAsync();
            await page.GetByLabel("What it is called").FillAsync("edge-1");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make a token" }).ClickAsync();
            var command = await page.Locator("pre.command").InnerTextAsync();
            Assert.StartsWith("export FINOPS_ENROL_TOKEN=", command, StringComparison.Ordinal);
            gateway.Start(command.Split('=', '\n')[1].Trim());
            await page.GetByRole(AriaRole.Button, new() { Name = "I have it" }).ClickAsync();
            await Assertions.Expect(page.Locator(".table tbody tr")).ToContainTextAsync("nothing to obey", new() { Timeout = 20_000 });
        });
        // Before: the call is as its application made it.
        var (before, _) = await gateway.AskAsync();
        Assert.Equal("none", before.Headers.GetValues("x-finops-cache").Single());

        await demo.VisitAsync(new Visit(analyst), async page =>
        {
            await page.GotoAsync("/policies");
            await page.GetByRole(AriaRole.Button, new() { Name = "New policy" }).ClickAsync();
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Cap summaries");
            await page.GetByLabel("Feature").FillAsync("summaries");
            await page.GetByLabel("Most tokens of an answer").FillAsync("0");
            await page.GetByRole(AriaRole.Button, new() { Name = "Preview on last week's calls" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("0 may not stand here");
            await page.GetByLabel("Most tokens of an answer").FillAsync("300");
            await page.GetByRole(AriaRole.Button, new() { Name = "Preview on last week's calls" }).ClickAsync();
            await Assertions.Expect(page.Locator(".touches")).ToContainTextAsync("it fits 1 call");
            // To the document and back: the fields say what they said.
            await page.GetByRole(AriaRole.Button, new() { Name = "Write it as a document" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Show it in fields" }).ClickAsync();
            await Assertions.Expect(page.GetByLabel("Most tokens of an answer")).ToHaveValueAsync("300");
            await SubmitAsync(page);

            await page.GotoAsync("/policies");
            await page.GetByRole(AriaRole.Button, new() { Name = "New policy" }).ClickAsync();
            await page.GetByLabel("Kind").SelectOptionAsync("ExactCache");
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Keep summaries");
            await page.GetByLabel("Feature").FillAsync("summaries");
            await page.GetByLabel("Seconds that an answer is kept").FillAsync("600");
            await SubmitAsync(page);
        });

        await demo.VisitAsync(new Visit(approver), async page =>
        {
            await page.GotoAsync("/policies");
            await page.GetByRole(AriaRole.Link, new() { Name = "Cap summaries" }).ClickAsync();
            await Assertions.Expect(page.Locator(".difference .added").Filter(new() { HasText = "\"max_tokens\": 300" })).ToHaveCountAsync(1);
            await page.GetByRole(AriaRole.Button, new() { Name = "Approve and send out" }).ClickAsync();
            var approved = Stopwatch.GetTimestamp();
            await gateway.AskUntilAsync(_ => vendor.Received[^1].Text.Contains("\"max_completion_tokens\":300", StringComparison.Ordinal));
            Assert.True(Stopwatch.GetElapsedTime(approved) < Soon, "The gateway did not obey within five seconds.");
            await Assertions.Expect(page.Card("Gateways")).ToContainTextAsync("obeys the newest", new() { Timeout = 10_000 });

            await page.GotoAsync("/policies");
            await page.GetByRole(AriaRole.Link, new() { Name = "Keep summaries" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Approve and send out" }).ClickAsync();
            approved = Stopwatch.GetTimestamp();
            var hit = await gateway.AskUntilAsync(answer => answer.Headers.GetValues("x-finops-cache").Single() == "hit");
            Assert.True(Stopwatch.GetElapsedTime(approved) < Soon, "The gateway did not answer from its cache within five seconds.");
            Assert.Equal("0", hit.Headers.GetValues("x-finops-cost").Single());
            var asked = vendor.Received.Count;
            await gateway.AskAsync();
            Assert.Equal(asked, vendor.Received.Count);

            // The call that cost nothing, with what it avoided and why.
            var id = hit.Headers.GetValues("x-finops-call-id").Single();
            await Assertions.Expect(page.Card("Gateways")).ToContainTextAsync("obeys the newest", new() { Timeout = 10_000 });
            for (var waited = 0; waited < 40; waited++)
            {
                await page.GotoAsync($"/calls/{id}");
                if (await page.Locator("table.policies").CountAsync() > 0) break;
                await Task.Delay(500);
            }

            await Assertions.Expect(page.Locator("table.policies tbody td")).ToHaveTextAsync(
                ["cap-summaries", "1", "treatment", "limited the output", "keep-summaries", "1", "treatment", "answered from the cache"]);
            await Assertions.Expect(page.Card("Cost").Locator(".tile-value")).ToHaveTextAsync("$0.00");
            // Nothing is paid, and something was avoided.
            var sums = page.Card("What it costs").Locator("tr.sum td.num");
            await Assertions.Expect(sums.Nth(0)).ToHaveTextAsync("$0.00");
            await Assertions.Expect(sums.Nth(1)).ToHaveTextAsync(new Regex("^\\$0\\.0*[1-9]"));

            await page.GotoAsync("/policies");
            await page.GetByRole(AriaRole.Link, new() { Name = "Keep summaries" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Undo: take it back" }).ClickAsync();
            await gateway.AskUntilAsync(answer => answer.Headers.GetValues("x-finops-cache").Single() == "none");
        });

        await demo.VisitAsync(new Visit(admin), async page =>
        {
            // A key of the control plane's opens the gateway, for what it may ask for, and once revoked nothing any more.
            await page.GotoAsync("/gateway-keys");
            await page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Checkout");
            await page.GetByLabel("Models, commas between (none: all)").FillAsync("gpt-4o-mini");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
            var key = await page.Locator("pre.token").InnerTextAsync();
            var revokedAt = Stopwatch.GetTimestamp();
            await gateway.AskUntilStatusAsync(key, "gpt-4o-mini", HttpStatusCode.OK);
            await gateway.AskUntilStatusAsync(key, "gpt-4o", HttpStatusCode.Forbidden);
            Assert.True(Stopwatch.GetElapsedTime(revokedAt) < Soon, "The gateway did not take the key within five seconds.");
            await page.GetByRole(AriaRole.Button, new() { Name = "I have it" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Revoke Checkout" }).ClickAsync();
            await page.GetByLabel("Type its id, checkout, to revoke it").FillAsync("checkout");
            await page.GetByRole(AriaRole.Button, new() { Name = "Revoke", Exact = true }).ClickAsync();
            revokedAt = Stopwatch.GetTimestamp();
            await gateway.AskUntilStatusAsync(key, "gpt-4o-mini", HttpStatusCode.Unauthorized);
            Assert.True(Stopwatch.GetElapsedTime(revokedAt) < Soon, "The gateway did not refuse the key within five seconds.");
        });
    }

    private static async Task SubmitAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the draft" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Submit for approval" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Another person has to approve it")).ToBeVisibleAsync();
    }

    /// <summary>The gateway's own program in front of a provider's stand-in, obeying the installation and reporting to it.</summary>
    private sealed class EdgeGateway : IDisposable
    {
        private const string Ask = """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Sum it up."}]}""";

        private readonly string _folder = Directory.CreateTempSubdirectory("edge").FullName;
        private readonly string _vendorKey = RandomNumberGenerator.GetHexString(24);
        private readonly HttpClient _client;
        private Process? _process;

        public EdgeGateway(string vendor, ServerProcess server)
        {
            var key = "fgw_" + RandomNumberGenerator.GetHexString(24, lowercase: true);
            var port = FreePort.Next();
            _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            _client.DefaultRequestHeaders.Add("x-finops-feature", "summaries");
            File.WriteAllText(Path.Combine(_folder, "gateway.json"), new JsonObject
            {
                ["listen"] = $"127.0.0.1:{port}",
                ["admin_listen"] = "",
                ["providers"] = new JsonArray(new JsonObject { ["name"] = "openai", ["kind"] = "openai", ["base_url"] = vendor + "/v1", ["api_key"] = new JsonObject { ["env"] = "VENDOR_KEY" }, ["internal"] = true }),
                ["keys"] = new JsonArray(new JsonObject { ["id"] = "tests", ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) }),
                ["control"] = new JsonObject { ["url"] = server.Web.ToString(), ["token"] = new JsonObject { ["env"] = "FINOPS_ENROL_TOKEN" } },
                ["report"] = new JsonObject { ["endpoint"] = server.OtlpHttp.ToString() },
            }.ToJsonString());
        }

        public void Start(string token)
        {
            var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../src/Agents/Gateway/bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "FinOps.Gateway"));
            var start = new ProcessStartInfo(program, ["--config", Path.Combine(_folder, "gateway.json")]) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["FINOPS_ENROL_TOKEN"] = token;
            start.Environment["VENDOR_KEY"] = _vendorKey;
            _process = Process.Start(start) ?? throw new InvalidOperationException("The gateway did not start.");
            _process.OutputDataReceived += (_, _) => { };
            _process.ErrorDataReceived += (_, _) => { };
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public async Task<(HttpResponseMessage Answer, string Body)> AskAsync()
        {
            using var content = new StringContent(Ask, Encoding.UTF8, "application/json");
            var answer = await _client.PostAsync("/v1/chat/completions", content);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return (answer, await answer.Content.ReadAsStringAsync());
        }

        public async Task AskUntilStatusAsync(string key, string model, HttpStatusCode status)
        {
            for (var tries = 0; ; tries++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
                {
                    Content = new StringContent(Ask.Replace("gpt-4o-mini", model, StringComparison.Ordinal), Encoding.UTF8, "application/json"),
                };
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
                using var answer = await _client.SendAsync(request);
                if (answer.StatusCode == status) return;
                Assert.True(tries < 60, $"The gateway answers {answer.StatusCode}, not {status}.");
                await Task.Delay(100);
            }
        }

        public async Task<HttpResponseMessage> AskUntilAsync(Func<HttpResponseMessage, bool> isSo)
        {
            for (var tries = 0; ; tries++)
            {
                var (answer, _) = await AskAsync();
                if (isSo(answer)) return answer;
                Assert.True(tries < 60, "The gateway does not obey.");
                await Task.Delay(250);
            }
        }

        public void Dispose()
        {
            _client.Dispose();
            if (_process is { HasExited: false }) _process.Kill(entireProcessTree: true);
            _process?.Dispose();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
