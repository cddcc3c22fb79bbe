using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>Prices of vector databases and storage by REST; what they cost is tested where they are rated (Analytics.Tests, RebuildDataStoreCostsTests).</summary>
public sealed class VectorsApiTests(Installation installation)
{
    /// <summary>Tried here with another tenant's ids.</summary>
    internal static readonly string[] Paths =
    [
        "GET /api/v1/data-store-prices", "POST /api/v1/data-store-prices", "PUT /api/v1/data-store-prices/{id}", "DELETE /api/v1/data-store-prices/{id}",
        "GET /api/v1/resources/vectors", "GET /api/v1/resources/vectors/costs",
    ];

    [Fact]
    public async Task Prices_AddedChangedAndEnded_TellConflictsAndStayTheirTenants()
    {
        var (victim, intruder) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        using var owner = installation.Server.Process.Client(victim.ApiKey);
        using var other = installation.Server.Process.Client(intruder.ApiKey);
        var secret = "collection-" + Guid.NewGuid().ToString("N");
        var price = new { system = "Pinecone", places = secret, meter = "readUnits", price = 16m, validFrom = "2026-10-01T00:00:00Z", reason = "list" };

        var made = await AnswerAsync(owner.PostAsJsonAsync("/api/v1/data-store-prices", price), HttpStatusCode.OK);
        var (id, change) = (made.GetProperty("id").GetString(), made.GetProperty("change").GetInt64());
        Assert.Equal("pinecone", made.GetProperty("system").GetString());
        Assert.Contains("16 USD per 1M", (await AnswerAsync(owner.PostAsJsonAsync("/api/v1/data-store-prices", price with { price = 5m }), HttpStatusCode.Conflict)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("readUnits", (await AnswerAsync(owner.PostAsJsonAsync("/api/v1/data-store-prices", price with { meter = "queries" }), HttpStatusCode.BadRequest)).GetRawText(), StringComparison.Ordinal);
        await AnswerAsync(owner.PostAsJsonAsync("/api/v1/data-store-prices", price with { validFrom = "2026-10-01T00:07:00Z" }), HttpStatusCode.BadRequest);
        // The same meter of another place, and another meter of the same, stand beside it.
        await AnswerAsync(owner.PostAsJsonAsync("/api/v1/data-store-prices", price with { meter = "writeUnits", price = 4m }), HttpStatusCode.OK);

        // Nobody else sees, changes or ends it.
        Assert.DoesNotContain(secret, await other.GetStringAsync("/api/v1/data-store-prices"), StringComparison.Ordinal);
        var put = new { price.system, price.places, price.meter, price = 12m, change, validFrom = "2026-11-01T00:00:00Z", reason = "contract" };
        await AnswerAsync(other.PutAsJsonAsync($"/api/v1/data-store-prices/{id}", put), HttpStatusCode.NotFound);
        await AnswerAsync(other.DeleteAsync($"/api/v1/data-store-prices/{id}?change={change}&reason=r"), HttpStatusCode.NotFound);

        var changed = await AnswerAsync(owner.PutAsJsonAsync($"/api/v1/data-store-prices/{id}", put), HttpStatusCode.OK);
        Assert.Equal(12m, changed.GetProperty("price").GetDecimal());
        await AnswerAsync(owner.DeleteAsync($"/api/v1/data-store-prices/{id}?change={change}&reason=late"), HttpStatusCode.Conflict);
        using var ended = await owner.DeleteAsync($"/api/v1/data-store-prices/{id}?change={changed.GetProperty("change").GetInt64()}&reason=wrong");
        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        var answer = await owner.GetFromJsonAsync<JsonElement>("/api/v1/data-store-prices");
        var left = answer.GetProperty("prices").EnumerateArray().Single(row => row.GetProperty("meter").GetString() == "readUnits");
        Assert.Equal((16m, "2026-11-01T00:00:00Z"), (left.GetProperty("price").GetDecimal(), left.GetProperty("validTo").GetString()));
        Assert.All(answer.GetProperty("references").EnumerateArray(), row => Assert.NotEqual("", row.GetProperty("source").GetString()));

        Assert.Equal(0, (await owner.GetFromJsonAsync<JsonElement>("/api/v1/resources/vectors")).GetProperty("meters").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, (await owner.GetFromJsonAsync<JsonElement>("/api/v1/resources/vectors/costs?basis=allocation&groupBy=name")).GetProperty("coverage").ValueKind);
        await AnswerAsync(owner.GetAsync("/api/v1/resources/vectors/costs?basis=both"), HttpStatusCode.BadRequest);
    }

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> asked, HttpStatusCode status)
    {
        using var answer = await asked;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {body}");
        return JsonSerializer.Deserialize<JsonElement>(body);
    }
}
