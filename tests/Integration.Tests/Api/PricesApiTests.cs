using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Integration.Tests.Isolation;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>The price book by REST: own prices and aliases are made, changed, ended and undone, and are never another tenant's.</summary>
public sealed class PricesApiTests(Installation installation)
{
    internal static readonly string[] Paths =
    [
        "GET /api/v1/prices", "POST /api/v1/prices", "PUT /api/v1/prices/{id}", "DELETE /api/v1/prices/{id}", "GET /api/v1/prices/history", "GET /api/v1/prices/changes",
        "GET /api/v1/prices/changes/{id}", "POST /api/v1/prices/changes/{id}/undo", "GET /api/v1/prices/aliases", "POST /api/v1/prices/aliases", "DELETE /api/v1/prices/aliases/{id}",
        "GET /api/v1/prices/cross-check", "POST /api/v1/prices/cross-check",
    ];

    [Fact]
    public async Task OwnPrice_FromAddingToUndoing_IsInTheBookItsHistoryAndItsChanges()
    {
        var tenant = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(tenant.ApiKey);
        var price = new { provider = "openai", model = "gpt-4o", meter = "input", price = 1.25m };

        var made = await AnswerAsync(http.PostAsJsonAsync("/api/v1/prices", new { prices = new[] { price }, reason = "contract 42" }));
        var added = made.GetProperty("added")[0];
        var overlap = await AnswerAsync(http.PostAsJsonAsync("/api/v1/prices", new { prices = new[] { price with { price = 2m } }, reason = "again" }), HttpStatusCode.Conflict);
        Assert.Equal((2m, 1.25m), (overlap.GetProperty("wanted").GetProperty("price").GetDecimal(), overlap.GetProperty("there").GetProperty("price").GetDecimal()));

        var id = added.GetProperty("id").GetString();
        var seen = added.GetProperty("recordedAt").GetString()!;
        await AnswerAsync(http.PutAsJsonAsync($"/api/v1/prices/{id}", new { recordedAt = seen, price = 1.5m, from = "2026-12-01T00:00:00Z", reason = "new year" }));
        var conflict = await AnswerAsync(http.PutAsJsonAsync($"/api/v1/prices/{id}", new { recordedAt = seen, price = 1m, reason = "late" }), HttpStatusCode.Conflict);
        Assert.Equal("new year", conflict.GetProperty("change").GetProperty("reason").GetString());
        await AnswerAsync(http.DeleteAsync($"/api/v1/prices/{id}?recordedAt={Uri.EscapeDataString(seen)}&reason=late"), HttpStatusCode.Conflict);

        // What holds at an instant, as it was known at another.
        Assert.Equal([1.25m], await OwnAsync(http, "at=2026-11-30"));
        Assert.Equal([1.5m], await OwnAsync(http, "at=2026-12-01"));
        Assert.Equal([1.25m], await OwnAsync(http, $"at=2026-12-01&asKnownAt={Uri.EscapeDataString(seen)}"));
        Assert.Empty(await OwnAsync(http, "at=2026-12-01&asKnownAt=2026-01-01"));

        var history = await AnswerAsync(http.GetAsync("/api/v1/prices/history?provider=openai&model=gpt-4o"));
        Assert.Equal(3, history.GetProperty("versions").EnumerateArray().Count(row => row.GetProperty("own").GetBoolean()));
        var last = (await AnswerAsync(http.GetAsync("/api/v1/prices/changes?limit=1"))).GetProperty("changes")[0];
        var difference = await AnswerAsync(http.GetAsync($"/api/v1/prices/changes/{last.GetProperty("id").GetString()}"));
        Assert.Equal((2, 1, true), (difference.GetProperty("added").GetArrayLength(), difference.GetProperty("superseded").GetArrayLength(), difference.GetProperty("isLast").GetBoolean()));

        await AnswerAsync(http.PostAsJsonAsync($"/api/v1/prices/changes/{last.GetProperty("id").GetString()}/undo", new { reason = "not yet" }));
        Assert.Equal([1.25m], await OwnAsync(http, "at=2026-12-01"));
    }

    [Fact]
    public async Task Import_OfTheList_IsAChangeWithItsDifference()
    {
        var tenant = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(tenant.ApiKey);
        var import = (await AnswerAsync(http.GetAsync("/api/v1/prices/changes"))).GetProperty("changes").EnumerateArray().First(change => !change.GetProperty("own").GetBoolean());

        var first = await AnswerAsync(http.GetAsync($"/api/v1/prices/changes/{import.GetProperty("id").GetString()}?limit=10"));
        Assert.Equal((10, import.GetProperty("rowsAdded").GetInt32()), (first.GetProperty("added").GetArrayLength(), first.GetProperty("rows").GetInt32()));
        var page = await AnswerAsync(http.GetAsync("/api/v1/prices?search=gpt%204o%20mini&provider=openai&limit=1"));
        Assert.Equal("ft:gpt-4o-mini", page.GetProperty("models")[0].GetProperty("model").GetString());
        var next = await AnswerAsync(http.GetAsync($"/api/v1/prices?search=gpt%204o%20mini&provider=openai&limit=1&cursor={page.GetProperty("nextCursor").GetString()}"));
        Assert.Equal("gpt-4o-mini", next.GetProperty("models")[0].GetProperty("model").GetString());
    }

    [Fact]
    public async Task Alias_MadeAndEnded_AndBadInput_SaysWhatIsWrong()
    {
        var tenant = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(tenant.ApiKey);
        object Alias(string pattern, string model) => new { match = new Dictionary<string, string> { ["regex"] = pattern }, provider = "openai", model, reason = "deployment" };

        var made = (await AnswerAsync(http.PostAsJsonAsync("/api/v1/prices/aliases", Alias("^chat-", "gpt-4o")))).GetProperty("aliasesAdded")[0];
        Assert.Equal(made.GetRawText(), (await AnswerAsync(http.GetAsync("/api/v1/prices/aliases"))).GetProperty("aliases")[0].GetRawText());
        foreach (var (body, word) in ((object, string)[])[(Alias("^chat(", "gpt-4o"), "pattern"), (Alias("^x-", "no-such"), "has no price"), (new { provider = "openai" }, "told name"), (new { modl = "x" }, "JSON object")])
        {
            var refused = await AnswerAsync(http.PostAsJsonAsync("/api/v1/prices/aliases", body), HttpStatusCode.BadRequest);
            Assert.Contains(word, refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        await AnswerAsync(http.GetAsync("/api/v1/prices?metr=input"), HttpStatusCode.BadRequest);
        await AnswerAsync(http.GetAsync("/api/v1/prices?cursor=~"), HttpStatusCode.BadRequest);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/prices", new { prices = new[] { new { provider = "openai", model = "x", meter = "inpt", price = 1 } }, reason = "r" }), HttpStatusCode.BadRequest);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/prices", new { prices = new[] { new { provider = "openai", model = "x", meter = "input", price = -1 } }, reason = "r" }), HttpStatusCode.BadRequest);
        await AnswerAsync(http.DeleteAsync($"/api/v1/prices/aliases/{made.GetProperty("id").GetString()}?recordedAt={Uri.EscapeDataString(made.GetProperty("recordedAt").GetString()!)}&reason=gone"));
        Assert.Equal(0, (await AnswerAsync(http.GetAsync("/api/v1/prices/aliases"))).GetProperty("aliases").GetArrayLength());
    }

    /// <summary>Public facts, the same for everyone; the list that they are held against is read for all, so only who runs the installation starts that.</summary>
    [Fact]
    public async Task CrossCheck_StartedByWhoRunsTheInstallation_TellsEveryoneWhereTheSecondListDiffers()
    {
        var tenant = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(tenant.ApiKey);
        using var keeper = installation.Server.Process.Client((await installation.Server.Tenants.NewOperatorKeyAsync(tenant)).Token);
        await AnswerAsync(http.PostAsync("/api/v1/prices/cross-check", null), HttpStatusCode.Forbidden);
        await AnswerAsync(keeper.GetAsync("/api/v1/prices/cross-check"), HttpStatusCode.Forbidden);

        await AnswerAsync(keeper.PostAsync("/api/v1/prices/cross-check", null), HttpStatusCode.Accepted);
        await SpendApi.BecomesAsync(
            async () => (await AnswerAsync(http.GetAsync("/api/v1/prices/cross-check"))).GetProperty("last").ValueKind, JsonValueKind.Object, TimeSpan.FromSeconds(20));

        var told = await AnswerAsync(http.GetAsync("/api/v1/prices/cross-check?provider=openai"));
        var (last, gap) = (told.GetProperty("last"), Assert.Single(told.GetProperty("differences").EnumerateArray()));
        Assert.Equal((true, "second-list.json", JsonValueKind.Null, 2, 1), (told.GetProperty("configured").GetBoolean(), last.GetProperty("source").GetString(), last.GetProperty("problem").ValueKind, last.GetProperty("compared").GetInt32(), last.GetProperty("differing").GetInt32()));
        Assert.Equal(("gpt-4o", "input", 2.5m, 5m, 1m), (gap.GetProperty("model").GetString(), gap.GetProperty("meter").GetString(), gap.GetProperty("bookPrice").GetDecimal(), gap.GetProperty("otherPrice").GetDecimal(), gap.GetProperty("share").GetDecimal()));
        Assert.Equal((1, JsonValueKind.Null), (told.GetProperty("total").GetInt32(), told.GetProperty("nextPage").ValueKind));
        Assert.Equal(0, (await AnswerAsync(http.GetAsync("/api/v1/prices/cross-check?provider=anthropic"))).GetProperty("total").GetInt32());
        Assert.Equal(0, (await AnswerAsync(http.GetAsync("/api/v1/prices/cross-check?page=2"))).GetProperty("differences").GetArrayLength());
        await AnswerAsync(http.GetAsync("/api/v1/prices/cross-check?seller=openai"), HttpStatusCode.BadRequest);
        await AnswerAsync(http.GetAsync("/api/v1/prices/cross-check?page=0"), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Intruder_WithTheVictimsIds_LearnsAndChangesNothing()
    {
        var (victim, intruder) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        using var owner = installation.Server.Process.Client(victim.ApiKey);
        using var http = installation.Server.Process.Client(intruder.ApiKey);
        var secret = "secret-" + Guid.NewGuid().ToString("N");
        var price = await AnswerAsync(owner.PostAsJsonAsync("/api/v1/prices", new { prices = new[] { new { provider = "openai", model = secret, meter = "input", price = 1 } }, reason = secret }));
        var alias = await AnswerAsync(owner.PostAsJsonAsync("/api/v1/prices/aliases", new { match = new { equals = secret }, provider = "openai", model = "gpt-4o", reason = secret }));
        var (row, name, version) = (price.GetProperty("added")[0], alias.GetProperty("aliasesAdded")[0], alias.GetProperty("version").GetString());

        foreach (var address in (string[])["/api/v1/prices?own=true", $"/api/v1/prices?search={secret}", "/api/v1/prices/history?provider=openai&model=gpt-4o", $"/api/v1/prices/history?provider=openai&model={secret}", "/api/v1/prices/changes", $"/api/v1/prices/changes/{version}", "/api/v1/prices/aliases"])
        {
            // With the victim's own key each of them tells it: the test can fail.
            Assert.Contains(secret, (await Reply.GetAsync(installation.Server.Process, victim.ApiKey, address)).Body, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, (await Reply.GetAsync(installation.Server.Process, intruder.ApiKey, address)).Body, StringComparison.Ordinal);
        }

        var seen = Uri.EscapeDataString(row.GetProperty("recordedAt").GetString()!);
        await AnswerAsync(http.PutAsJsonAsync($"/api/v1/prices/{row.GetProperty("id").GetString()}", new { recordedAt = row.GetProperty("recordedAt").GetString(), price = 2, reason = "r" }), HttpStatusCode.NotFound);
        await AnswerAsync(http.DeleteAsync($"/api/v1/prices/{row.GetProperty("id").GetString()}?recordedAt={seen}&reason=r"), HttpStatusCode.NotFound);
        await AnswerAsync(http.DeleteAsync($"/api/v1/prices/aliases/{name.GetProperty("id").GetString()}?recordedAt={seen}&reason=r"), HttpStatusCode.NotFound);
        await AnswerAsync(http.PostAsJsonAsync($"/api/v1/prices/changes/{version}/undo", new { reason = "r" }), HttpStatusCode.NotFound);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/prices", new { prices = new[] { new { provider = "openai", model = "x", meter = "input", price = 1, project = victim.Project.Value } }, reason = "r" }), HttpStatusCode.BadRequest);
        Assert.Contains(secret, (await Reply.GetAsync(installation.Server.Process, victim.ApiKey, "/api/v1/prices?own=true")).Body, StringComparison.Ordinal);
    }

    private static async Task<decimal[]> OwnAsync(HttpClient http, string query) =>
        [.. (await AnswerAsync(http.GetAsync($"/api/v1/prices?own=true&meter=input&{query}"))).GetProperty("models").EnumerateArray()
            .SelectMany(model => model.GetProperty("prices").EnumerateArray()).Where(price => price.GetProperty("own").GetBoolean()).Select(price => price.GetProperty("price").GetDecimal())];

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> asked, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await asked;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{answer.StatusCode} instead of {expected}: {body}");
        return body.Length == 0 ? default : JsonDocument.Parse(body).RootElement;
    }
}
