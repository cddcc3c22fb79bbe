using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>Prices of GPU hours and GPUs by REST; what devices cost is tested where they are rated (Analytics.Tests, RebuildDeviceCostsTests).</summary>
public sealed class ResourcesApiTests(Installation installation)
{
    /// <summary>Tried here with another tenant's ids.</summary>
    internal static readonly string[] Paths =
    [
        "GET /api/v1/resource-prices", "POST /api/v1/resource-prices", "PUT /api/v1/resource-prices/{id}", "DELETE /api/v1/resource-prices/{id}",
        "GET /api/v1/resources/gpus", "GET /api/v1/resources/gpus/costs",
    ];

    [Fact]
    public async Task Prices_AddedChangedAndEnded_TellConflictsAndStayTheirTenants()
    {
        var (victim, intruder) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        using var owner = installation.Server.Process.Client(victim.ApiKey);
        using var other = installation.Server.Process.Client(intruder.ApiKey);
        var secret = "rack-" + Guid.NewGuid().ToString("N");
        var rented = new { accelerator = "H100", hosts = secret, purchase = "onDemand", pricePerHour = 4m, validFrom = "2026-10-01T00:00:00Z", reason = "contract" };

        var made = await AnswerAsync(owner.PostAsJsonAsync("/api/v1/resource-prices", rented), HttpStatusCode.OK);
        var (id, change) = (made.GetProperty("id").GetString(), made.GetProperty("change").GetInt64());
        Assert.Contains("4 USD", (await AnswerAsync(owner.PostAsJsonAsync("/api/v1/resource-prices", rented with { pricePerHour = 5m }), HttpStatusCode.Conflict)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("pricePerHour", (await AnswerAsync(owner.PostAsJsonAsync("/api/v1/resource-prices", new { accelerator = "L4", hosts = "*", purchase = "spot", reason = "r" }), HttpStatusCode.BadRequest)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        await AnswerAsync(owner.PostAsJsonAsync("/api/v1/resource-prices", rented with { purchase = "rented" }), HttpStatusCode.BadRequest);
        await AnswerAsync(owner.PostAsJsonAsync("/api/v1/resource-prices", rented with { validFrom = "2026-10-01T00:07:00Z" }), HttpStatusCode.BadRequest);

        // Nobody else sees, changes or ends it.
        Assert.DoesNotContain(secret, await other.GetStringAsync("/api/v1/resource-prices"), StringComparison.Ordinal);
        var put = new { rented.accelerator, hosts = secret, purchase = "owned", owned = new { purchasePrice = 30000, amortisationMonths = 36, kilowatts = 0.7, pricePerKilowattHour = 0.2, powerUsageEffectiveness = 1.5 }, change, validFrom = "2026-11-01T00:00:00Z", reason = "bought" };
        await AnswerAsync(other.PutAsJsonAsync($"/api/v1/resource-prices/{id}", put), HttpStatusCode.NotFound);
        await AnswerAsync(other.DeleteAsync($"/api/v1/resource-prices/{id}?change={change}&reason=r"), HttpStatusCode.NotFound);

        var changed = await AnswerAsync(owner.PutAsJsonAsync($"/api/v1/resource-prices/{id}", put), HttpStatusCode.OK);
        Assert.Equal(("owned", 1.351552511416m), (changed.GetProperty("purchase").GetString(), changed.GetProperty("pricePerHour").GetDecimal()));
        await AnswerAsync(owner.DeleteAsync($"/api/v1/resource-prices/{id}?change={change}&reason=late"), HttpStatusCode.Conflict);
        using var ended = await owner.DeleteAsync($"/api/v1/resource-prices/{id}?change={changed.GetProperty("change").GetInt64()}&reason=wrong");
        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        var left = Assert.Single((await owner.GetFromJsonAsync<JsonElement>("/api/v1/resource-prices")).GetProperty("prices").EnumerateArray());
        Assert.Equal((4m, "2026-11-01T00:00:00Z"), (left.GetProperty("pricePerHour").GetDecimal(), left.GetProperty("validTo").GetString()));

        Assert.Equal(0, (await owner.GetFromJsonAsync<JsonElement>("/api/v1/resources/gpus")).GetProperty("devices").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, (await owner.GetFromJsonAsync<JsonElement>("/api/v1/resources/gpus/costs?basis=allocation&groupBy=team")).GetProperty("coverage").ValueKind);
        await AnswerAsync(owner.GetAsync("/api/v1/resources/gpus/costs?basis=both"), HttpStatusCode.BadRequest);
    }

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> asked, HttpStatusCode status)
    {
        using var answer = await asked;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {body}");
        return JsonSerializer.Deserialize<JsonElement>(body);
    }
}
