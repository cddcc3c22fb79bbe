using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Gateway.Tests.Control;

namespace FinOps.Gateway.Tests.Leases;

/// <summary>
/// Three gateways draw on one budget for 200 callers at once, at three endpoints: streams and whole answers, callers that leave, streams that break, providers that fail, throttle and are replaced by a dearer model.
/// </summary>
public sealed class LeaseTortureTests
{
    private const int Gateways = 3;
    private const int Callers = 200;
    private const int CallsEach = 2;

    /// <summary>Of a call that is refused: what others held back comes back meanwhile.</summary>
    private const int TriesEach = 8;

    private static readonly Going[] Goings =
        [Going.Plain, Going.Stream, Going.Leaves, Going.Breaks, Going.Stream, Going.Throttled, Going.Down, Going.LeavesEarly, Going.Stream, Going.Fails, Going.Plain];

    private static string Policies(decimal usd, string whenAway) => string.Create(CultureInfo.InvariantCulture, $$$$"""
        {"id":"month","name":"The month","kind":"budget","match":{"all":true},"body":{"action":"block","lease":{"budget":"b","usd":{{{{usd}}}},"seconds":5,"when_away":"{{{{whenAway}}}}"} } },
        {"id":"gpt","name":"When it is down","kind":"fallback","match":{"operation":["chat","responses"]},"body":{"on":["throttled","transient"],"retries":1,"chain":[{"model":"gpt-4.1-mini"}]}},
        {"id":"claude","name":"When it is down","kind":"fallback","match":{"operation":"messages"},"body":{"on":["throttled","transient"],"retries":1,"chain":[{"model":"claude-sonnet-4-5"}]}}
        """);

    private sealed record Outcome(int Status, string Code, long At);

    private sealed record Run(IReadOnlyList<Outcome> Outcomes, decimal AboveExpectedUsd);

    /// <param name="ended">When the last call has ended, before the gateways do.</param>
    /// <param name="leaseWaitMilliseconds">How long a call waits for a lease: a control plane that does not answer within it counts as away.</param>
    private static async Task<Run> RunAsync(VendorServer vendor, BillingVendor bills, ControlServer control, string policies, Func<Task>? ended = null, int leaseWaitMilliseconds = 500)
    {
        vendor.First = bills.ServeAsync;
        control.Send(1, policies);
        List<RunningGateway> gateways = [];
        for (var i = 0; i < Gateways; i++)
        {
            var folder = TestFolders.New();
            await File.WriteAllTextAsync(Path.Combine(folder, "token"), ControlServer.Token);
            gateways.Add(await RunningGateway.StartAsync(vendor, null, file =>
            {
                file["control"] = new JsonObject { ["url"] = control.Address, ["token"] = new JsonObject { ["file"] = "token" } };
                file["limits"] = new JsonObject { ["lease_wait_ms"] = leaseWaitMilliseconds };
            }, folder));
        }

        await control.WaitForWordAsync(Gateways);
        var outcomes = new ConcurrentBag<Outcome>();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            for (var i = 0; i < CallsEach; i++)
            {
                var call = (caller * CallsEach) + i;
                for (var tries = 0; ; tries++)
                {
                    var outcome = await CallAsync(gateways[(call + tries) % gateways.Count], bills, call, Goings[call / 3 % Goings.Length]);
                    outcomes.Add(outcome);
                    if (outcome.Code != "finops_budget_spent" || tries == TriesEach) break;
                    await Task.Delay(100);
                }
            }
        }));
        // What callers left behind ends by itself.
        for (var waited = 0; bills.Busy > 0 && waited < 1_000; waited++) await Task.Delay(20);
        Assert.Equal(0, bills.Busy);
        if (ended is not null) await ended();
        decimal above = 0;
        foreach (var gateway in gateways)
        {
            await gateway.DisposeAsync();
            above += Figure(await gateway.MetricsAsync(), "finops_gateway_lease_above_expected_usd_total");
        }

        return new Run([.. outcomes], above);
    }

    private static decimal Figure(string metrics, string name) =>
        decimal.Parse(metrics.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1], NumberStyles.Float, CultureInfo.InvariantCulture);

    private static async Task<Outcome> CallAsync(RunningGateway gateway, BillingVendor bills, int call, Going going)
    {
        (string, string)[] headers = call % 3 == 2 ? [("x-api-key", gateway.Key), ("anthropic-version", "2023-06-01")] : [];
        using var leaving = new CancellationTokenSource(going == Going.LeavesEarly ? TimeSpan.FromMilliseconds(60) : TimeSpan.FromSeconds(30));
        using var request = gateway.Post(BillingVendor.Path(call), BillingVendor.Request(call, going), headers);
        try
        {
            using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            var text = new StringBuilder();
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(leaving.Token));
            while (await reader.ReadLineAsync(leaving.Token) is { } line)
            {
                text.AppendLine(line);
                if (going is not (Going.Leaves or Going.Breaks) || text.ToString().Split(BillingVendor.Piece).Length <= BillingVendor.Pieces) continue;
                if (going == Going.Leaves) break;
                bills.Read(call).TrySetResult();
            }

            var code = (int)response.StatusCode == 200 ? "" : JsonNode.Parse(text.ToString())?["error"]?["code"]?.ToString() ?? "";
            return new Outcome((int)response.StatusCode, code, Stopwatch.GetTimestamp());
        }
        catch (Exception e) when ((going == Going.LeavesEarly && e is OperationCanceledException) || (going == Going.Breaks && e is IOException or HttpRequestException))
        {
            return new Outcome(0, "", Stopwatch.GetTimestamp());
        }
    }

    [Fact]
    public async Task WithMoneyEnough_AndAControlPlaneThatComesAndGoes_NobodyIsRefused_AndTheLedgerIsTheBill()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1_000);
        // Whatever the weather is, some grants are not heard of.
        control.LosesGrants = 3;
        var bills = new BillingVendor();
        using var end = new CancellationTokenSource();
        var weather = WeatherAsync(control, end.Token);

        var run = await RunAsync(vendor, bills, control, Policies(0.01m, "open"), async () =>
        {
            await end.CancelAsync();
            await weather;
            await SettledAsync(ledger, bills);
        });

        Assert.DoesNotContain(run.Outcomes, one => one.Code.StartsWith("finops_", StringComparison.Ordinal));
        Assert.True(bills.Billed > Callers * CallsEach / 2);
        Assert.Null(ledger.Fault);
        Assert.Equal(bills.Bill, ledger.Spent);
        // Grants whose answers were lost were asked for again: each was spent or given back, and none is held until its time is over.
        Assert.True(ledger.Repeated > 0, "No grant was lost.");
        Assert.Equal((0, 0m), (ledger.Ghosts, ledger.Outstanding));
    }

    /// <summary>A gateway that stops has three seconds for what it has not told, and tells the rest when it starts again: on a machine with much to do that is too short for all of it. What fails to come at all is seen after.</summary>
    private static async Task SettledAsync(LeaseLedger ledger, BillingVendor bills)
    {
        for (var waited = 0; ledger.Spent < bills.Bill && waited < 600; waited++) await Task.Delay(50);
    }

    /// <summary>Away, slow, and losing answers, in turns.</summary>
    private static async Task WeatherAsync(ControlServer control, CancellationToken cancellationToken)
    {
        var days = new[] { (LeaseFault.None, 400), (LeaseFault.LosesAnswers, 400), (LeaseFault.Away, 150), (LeaseFault.LosesAnswers, 400), (LeaseFault.Silent, 100) };
        for (var day = 0; !cancellationToken.IsCancellationRequested; day++)
        {
            var (fault, milliseconds) = days[day % days.Length];
            control.LeaseFault = fault;
            await Task.Delay(milliseconds, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        control.LeaseFault = LeaseFault.None;
    }

    [Fact]
    public async Task WithTooLittleMoney_TheBudgetIsPassedByNoMoreThanTheBound_AndOnlyWhatDoesNotFitIsRefused()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(0.15m) { Seconds = 2 };
        var bills = new BillingVendor();

        // The control plane is never away, and on a machine with much to do it may be slow.
        var run = await RunAsync(vendor, bills, control, Policies(0.01m, "closed"), () => SettledAsync(ledger, bills), leaseWaitMilliseconds: 15_000);

        Assert.Null(ledger.Fault);
        Assert.Equal(bills.Bill, ledger.Spent);
        Assert.Equal(0m, ledger.Outstanding);
        Assert.Contains(run.Outcomes, one => one.Code == "finops_budget_spent");
        // What calls cost above what was expected of them, and what was told after the end of a lease: there is nothing else. Of each gateway that is at most one lease.
        var overshoot = ledger.Spent - ledger.BudgetUsd;
        Assert.True(overshoot <= run.AboveExpectedUsd + ledger.SpentLate + 0.000000001m, $"{ledger.Spent} of {ledger.BudgetUsd} were spent, {run.AboveExpectedUsd} above expectation, {ledger.SpentLate} late.");
        Assert.True(overshoot <= run.AboveExpectedUsd + (Gateways * ledger.LargestGrant), $"{overshoot} above the budget, {run.AboveExpectedUsd} above expectation, leases of up to {ledger.LargestGrant}.");
        Assert.DoesNotContain(run.Outcomes, one => one.Code == "finops_budget_unknown");
        // Nobody is refused before the ledger has said that there is too little, and much of the budget was really used.
        Assert.All(run.Outcomes.Where(one => one.Code == "finops_budget_spent"), one => Assert.True(one.At >= ledger.FirstShortAt));
        Assert.True(ledger.Spent > ledger.BudgetUsd * 0.7m, $"Of {ledger.BudgetUsd} only {ledger.Spent} were spent.");
    }
}
