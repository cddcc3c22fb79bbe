using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>A bill over REST, from the file with a mistake to the figure beside the costs, with a second tenant at each address.</summary>
public sealed class BillsApiTests(Installation installation)
{
    /// <summary>Tried here.</summary>
    internal static readonly string[] Paths =
    [
        "GET /api/v1/bills", "POST /api/v1/bills", "GET /api/v1/bills/{id}", "DELETE /api/v1/bills/{id}", "POST /api/v1/bills/{id}/adjustments", "GET /api/v1/bill-mappings",
        "PUT /api/v1/bill-mappings/{name}", "PUT /api/v1/bill-words", "GET /api/v1/adjustments", "DELETE /api/v1/adjustments/{id}", "GET /api/v1/months", "POST /api/v1/months/{month}",
        "GET /api/v1/months/{month}/corrections",
    ];

    [Fact]
    public async Task Bill_FromAMistakeToTheCosts_ReachesItsOwnTenantAlone()
    {
        var (mine, theirs) = (await installation.NewTenantAsync(), await installation.NewTenantAsync());
        using var http = installation.Server.Process.Client(mine.ApiKey);
        using var intruder = installation.Server.Process.Client(theirs.ApiKey);

        // A mistake is told by line and column, and nothing is imported.
        using (var refused = await PostAsync(http, "provider=openai", "date,item,tokens,cost\n2026-10-02,\"gpt-4o, input\",1000,two\n"))
        {
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            var error = (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors")[0];
            Assert.Equal((2, "cost", 4, "two"), (error.GetProperty("line").GetInt32(), error.GetProperty("column").GetString(), error.GetProperty("columnNumber").GetInt32(), error.GetProperty("found").GetString()));
        }

        // Last month: a file reaches back no more than a year.
        var now = TimeProvider.System.GetUtcNow();
        var first = new DateOnly(now.Year, now.Month, 1).AddMonths(-1);
        var month = $"from={first:yyyy-MM-dd}&to={first.AddMonths(1):yyyy-MM-dd}";
        var good = $"date,item,tokens,cost\n{first.AddDays(1):yyyy-MM-dd},\"gpt-4o, input\",1000,2.5\n{first.AddDays(1):yyyy-MM-dd},odd words,1,1\n";
        using (var trial = await PostAsync(http, "provider=openai&dryRun=true", good)) Assert.Equal(HttpStatusCode.OK, trial.StatusCode);
        Assert.Equal(0, (await http.GetFromJsonAsync<JsonElement>("/api/v1/bills")).GetProperty("bills").GetArrayLength());
        using var made = await PostAsync(http, "provider=openai&name=october.csv", good);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("bill").GetProperty("id").GetString();
        using (var again = await PostAsync(http, "provider=openai", good)) Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);

        using (var words = await http.PutAsJsonAsync("/api/v1/bill-words", new { provider = "openai", words = "odd words", model = "gpt-4o", meter = "webSearch" })) Assert.Equal(HttpStatusCode.NoContent, words.StatusCode);
        using (var kept = await http.PutAsJsonAsync("/api/v1/bill-mappings/mine", new { columns = new { from = "date", sku = "item", cost = "cost" }, provider = "openai" })) Assert.Equal(HttpStatusCode.OK, kept.StatusCode);
        using (var wrong = await http.PutAsJsonAsync("/api/v1/bill-mappings/mine", new { columns = new { frm = "date" } })) Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        var bill = await http.GetFromJsonAsync<JsonElement>($"/api/v1/bills/{id}");
        Assert.Equal(("notSeen", 3.5m), Cause(bill.GetProperty("causes")[0]));
        using var accepted = await http.PostAsJsonAsync($"/api/v1/bills/{id}/adjustments", new { causes = (string[])["notSeen"], reason = "not traced yet" });
        var lines = (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("adjustments");
        Assert.Equal(2, lines.GetArrayLength());
        var costs = await http.GetFromJsonAsync<JsonElement>($"/api/v1/costs?{month}");
        Assert.Equal(("0", 3.5m), (costs.GetProperty("rows")[0].GetProperty("cost").GetRawText(), costs.GetProperty("adjustments").GetProperty("amount").GetDecimal()));

        // In another currency each day is converted at its own rate, or not at all; a file has the bill and what was accepted of it, and neither twice.
        using (var without = await http.GetAsync($"/api/v1/costs?{month}&currency=EUR")) Assert.Equal(HttpStatusCode.Conflict, without.StatusCode);
        using (var without = await http.GetAsync($"/api/v1/exports/focus?{month}&currency=EUR")) Assert.Equal(HttpStatusCode.Conflict, without.StatusCode);
        using (var rates = await http.PutAsJsonAsync("/api/v1/currency-rates", new { currency = "EUR", source = "our bank", rates = new[] { new { date = $"{first:yyyy-MM-dd}", rate = 0.8m } } })) Assert.Equal(HttpStatusCode.OK, rates.StatusCode);
        var inEuro = (await http.GetFromJsonAsync<JsonElement>($"/api/v1/costs?{month}&currency=EUR")).GetProperty("adjustments");
        Assert.Equal((2.8m, "EUR"), (inEuro.GetProperty("amount").GetDecimal(), inEuro.GetProperty("currency").GetString()));
        var file = await http.GetStringAsync($"/api/v1/exports/focus?{month}&rows=usage,adjustments,corrections,gpus,billed&currency=EUR");
        Assert.Empty(FocusRules.Violations(file, "1.4"));
        var rows = FocusRules.Parse(file).Rows;
        Assert.Equal(
            ["adjustments 2.8 0", "billed 0 2.8"],
            rows.GroupBy(row => row["x_RowKind"]).Select(kind => $"{kind.Key} {Sum(kind, "EffectiveCost")} {Sum(kind, "BilledCost")}"));
        Assert.Empty(FocusRules.Parse(await intruder.GetStringAsync($"/api/v1/exports/focus?{month}&rows=usage,adjustments,corrections,gpus,billed")).Rows);

        // The other tenant, with the ids at hand, learns and changes nothing.
        foreach (var address in (string[])[$"/api/v1/bills/{id}", "/api/v1/bills", $"/api/v1/adjustments?{month}", "/api/v1/bill-mappings", "/api/v1/months", $"/api/v1/months/{first:yyyy-MM}/corrections", $"/api/v1/costs?{month}"])
        {
            var body = (await Isolation.Reply.GetAsync(installation.Server.Process, theirs.ApiKey, address)).Body;
            foreach (var canary in (string[])["october.csv", "3.5", "\"mine\"", "not traced"]) Assert.DoesNotContain(canary, body, StringComparison.Ordinal);
        }

        using (var accept = await intruder.PostAsJsonAsync($"/api/v1/bills/{id}/adjustments", new { causes = (string[])["notSeen"], reason = "mine now" })) Assert.Equal(HttpStatusCode.NotFound, accept.StatusCode);
        using (var withdrawn = await intruder.DeleteAsync($"/api/v1/bills/{id}?why=mine")) Assert.Equal(HttpStatusCode.NotFound, withdrawn.StatusCode);
        using (var undone = await intruder.DeleteAsync($"/api/v1/adjustments/{lines[0].GetProperty("id").GetString()}?why=mine")) Assert.Equal(HttpStatusCode.NotFound, undone.StatusCode);

        using (var undone = await http.DeleteAsync($"/api/v1/adjustments/{lines[0].GetProperty("id").GetString()}?why=found%20it")) Assert.Equal(HttpStatusCode.OK, undone.StatusCode);
        using (var close = await http.PostAsync("/api/v1/months/2099-01", null)) Assert.Equal(HttpStatusCode.Conflict, close.StatusCode);
        using (var close = await http.PostAsync("/api/v1/months/october", null)) Assert.Equal(HttpStatusCode.BadRequest, close.StatusCode);
        using (var withdrawn = await http.DeleteAsync($"/api/v1/bills/{id}?why=wrong%20file")) Assert.Equal(HttpStatusCode.NoContent, withdrawn.StatusCode);
        Assert.Equal(JsonValueKind.Null, (await http.GetFromJsonAsync<JsonElement>($"/api/v1/costs?{month}")).GetProperty("adjustments").ValueKind);
    }

    private static string Sum(IEnumerable<IReadOnlyDictionary<string, string>> rows, string column) =>
        (rows.Sum(row => decimal.Parse(row[column], CultureInfo.InvariantCulture)) / 1.000000000000m).ToString(CultureInfo.InvariantCulture);

    private static (string?, decimal) Cause(JsonElement cause) => (cause.GetProperty("cause").GetString(), cause.GetProperty("amount").GetDecimal());

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, string query, string csv) => http.PostAsync($"/api/v1/bills?{query}", new StringContent(csv, Encoding.UTF8, "text/csv"));
}
