using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>Commitments by REST; their use is tested with the stores (Analytics.Tests, CommitmentsTests) and their arithmetic with the domain.</summary>
public sealed class CommitmentsApiTests(Installation installation)
{
    /// <summary>Tried here with another tenant's ids.</summary>
    internal static readonly string[] Paths =
    [
        "GET /api/v1/commitments", "POST /api/v1/commitments", "PUT /api/v1/commitments/{id}", "DELETE /api/v1/commitments/{id}", "POST /api/v1/commitments/{id}/undo",
        "GET /api/v1/commitments/{id}/history", "GET /api/v1/commitments/use", "POST /api/v1/commitments/preview",
    ];

    [Fact]
    public async Task Commitments_AddedChangedUndoneAndEnded_TellConflictsAndStayTheirTenants()
    {
        var (victim, intruder) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        using var owner = installation.Server.Process.Client(victim.ApiKey);
        using var other = installation.Server.Process.Client(intruder.ApiKey);
        var secret = "commitment-" + Guid.NewGuid().ToString("N");
        var wanted = new { name = secret, kind = "spend", seller = "openai", models = new[] { "GPT-4o*" }, amount = 1_000m, validFrom = "2025-10-01T00:00:00Z", reason = "signed" };

        var made = await AnswerAsync(owner.PostAsJsonAsync("/api/v1/commitments", wanted), HttpStatusCode.OK);
        var (id, change) = (made.GetProperty("id").GetString(), made.GetProperty("change").GetInt64());
        Assert.Equal(("gpt-4o*", "month", 1_000m), (made.GetProperty("models")[0].GetString(), made.GetProperty("period").GetString(), made.GetProperty("amountUsd").GetDecimal()));
        Assert.Contains("(1,000 USD a month)", (await AnswerAsync(owner.PostAsJsonAsync("/api/v1/commitments", wanted with { models = ["gpt-4o-mini"] }), HttpStatusCode.Conflict)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("provisioned", (await AnswerAsync(owner.PostAsJsonAsync("/api/v1/commitments", wanted with { kind = "reserved" }), HttpStatusCode.BadRequest)).GetRawText(), StringComparison.Ordinal);
        Assert.Contains("UTC day", (await AnswerAsync(owner.PostAsJsonAsync("/api/v1/commitments", wanted with { validFrom = "2025-10-01T01:00:00Z" }), HttpStatusCode.BadRequest)).GetRawText(), StringComparison.Ordinal);
        var euro = new { wanted.name, wanted.kind, seller = "anthropic", amount = 900m, currency = "EUR", wanted.validFrom, wanted.reason };
        Assert.Contains("no rate of EUR", (await AnswerAsync(owner.PostAsJsonAsync("/api/v1/commitments", euro), HttpStatusCode.BadRequest)).GetRawText(), StringComparison.Ordinal);

        // Months without calls: all that was promised lapsed.
        var use = await owner.GetFromJsonAsync<JsonElement>("/api/v1/commitments/use?from=2025-10-01&to=2025-12-01");
        var months = use.GetProperty("rows")[0].GetProperty("periods");
        Assert.Equal((2, 1_000m, 0m), (months.GetArrayLength(), months[0].GetProperty("unused").GetDecimal(), months[0].GetProperty("used").GetDecimal()));
        Assert.Equal(1_000m, (await AnswerAsync(owner.PostAsJsonAsync("/api/v1/commitments/preview", wanted), HttpStatusCode.OK)).GetProperty("unused").GetDecimal());

        // Nobody else sees, changes, undoes or ends it.
        foreach (var address in (string[])["/api/v1/commitments", "/api/v1/commitments/use?from=2025-10-01&to=2025-12-01"])
        {
            Assert.Contains(secret, await owner.GetStringAsync(address), StringComparison.Ordinal);
            Assert.DoesNotContain(secret, await other.GetStringAsync(address), StringComparison.Ordinal);
        }

        var put = new { wanted.name, wanted.kind, wanted.seller, wanted.models, amount = 2_000m, change, validFrom = "2025-11-01T00:00:00Z", reason = "more" };
        await AnswerAsync(other.GetAsync($"/api/v1/commitments/{id}/history"), HttpStatusCode.NotFound);
        await AnswerAsync(other.PutAsJsonAsync($"/api/v1/commitments/{id}", put), HttpStatusCode.NotFound);
        await AnswerAsync(other.PostAsJsonAsync($"/api/v1/commitments/{id}/undo", new { change, reason = "r" }), HttpStatusCode.NotFound);
        await AnswerAsync(other.DeleteAsync($"/api/v1/commitments/{id}?change={change}&reason=r"), HttpStatusCode.NotFound);
        Assert.Equal(0m, (await AnswerAsync(other.PostAsJsonAsync("/api/v1/commitments/preview", wanted), HttpStatusCode.OK)).GetProperty("eligible").GetDecimal());

        var changed = await AnswerAsync(owner.PutAsJsonAsync($"/api/v1/commitments/{id}", put), HttpStatusCode.OK);
        Assert.Equal(2_000m, changed.GetProperty("amount").GetDecimal());
        await AnswerAsync(owner.DeleteAsync($"/api/v1/commitments/{id}?change={change}&reason=late"), HttpStatusCode.Conflict);
        var undone = await AnswerAsync(owner.PostAsJsonAsync($"/api/v1/commitments/{id}/undo", new { change = changed.GetProperty("change").GetInt64(), reason = "not yet" }), HttpStatusCode.OK);
        Assert.Equal((1_000m, JsonValueKind.Null), (undone.GetProperty("amount").GetDecimal(), undone.GetProperty("validTo").ValueKind));
        using var ended = await owner.DeleteAsync($"/api/v1/commitments/{id}?change={undone.GetProperty("change").GetInt64()}&reason=wrong");
        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        Assert.Equal(0, (await owner.GetFromJsonAsync<JsonElement>("/api/v1/commitments")).GetProperty("commitments").GetArrayLength());
        Assert.Equal(4, (await owner.GetFromJsonAsync<JsonElement>($"/api/v1/commitments/{id}/history")).GetProperty("commitments").GetArrayLength());
    }

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> asked, HttpStatusCode status)
    {
        using var answer = await asked;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {body}");
        return JsonSerializer.Deserialize<JsonElement>(body);
    }
}
