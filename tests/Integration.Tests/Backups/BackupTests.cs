using System.Net;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Integration.Tests.Settling;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;
using FinOps.Web.Features.Audit;
using FinOps.Web.Features.Backups;

namespace FinOps.Integration.Tests.Backups;

/// <summary>Fills an installation over the wire, backs it up while it runs, restores it elsewhere, and compares.</summary>
public sealed class BackupTests(Installation installation)
{
    private static readonly TimeSpan AfterRestore = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Backup_OfARunningInstallation_IsTheSameInANewOne()
    {
        await using var from = await installation.NewServerAsync();
        await from.Process.StartReadyAsync();
        await using var sent = await Sent.NewAsync(from);
        await using var other = await Sent.NewAsync(from);
        var member = await from.Tenants.NewMemberAsync(sent.Tenant.Id, TenantRole.Viewer);
        var (settled, fresh, waiting) = (TraceForest.Invented(10), TraceForest.Invented(5), TraceForest.Invented(5));
        await sent.Sender.AcceptAsync(settled.Spans);
        await other.Sender.AcceptAsync(fresh.Spans);
        await sent.Api.TotalBecomesAsync(settled.Spend);
        await other.Api.TotalBecomesAsync(fresh.Spend);

        // Acknowledged, and in ClickHouse, but not looked at by settling; then acknowledged and not even in ClickHouse.
        await sent.Sender.AcceptAsync(fresh.Spans);
        await from.ClickHouseGate.ShutAsync();
        await sent.Sender.AcceptAsync(waiting.Spans);
        var file = Path.Combine(installation.NewFolder(), "everything.finops");
        await DoAsync(from, 0, "backup", "--to", file);
        from.ClickHouseGate.Open();
        var expected = settled.Spend + fresh.Spend + waiting.Spend;
        await sent.Api.TotalBecomesAsync(expected, AfterRestore);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        await using var to = await installation.NewEmptyServerAsync();
        await DoAsync(to, 0, "restore", "--from", file);
        await to.Process.StartReadyAsync();

        using var sentAgain = new SpendApi(to.Process, sent.Tenant.ApiKey);
        using var otherAgain = new SpendApi(to.Process, other.Tenant.ApiKey);
        await sentAgain.TotalBecomesAsync(expected, AfterRestore);
        await otherAgain.TotalBecomesAsync(fresh.Spend);
        foreach (var dimensions in (string[])["feature,model,user", "team,service", "customer,environment"])
        {
            Assert.Equal(await sent.Api.RowsAsync(dimensions), await sentAgain.RowsAsync(dimensions));
            Assert.Equal(await other.Api.RowsAsync(dimensions), await otherAgain.RowsAsync(dimensions));
        }

        Assert.Equal((await sent.Api.CallsAsync()).Select(call => call.Id).Order(), (await sentAgain.CallsAsync()).Select(call => call.Id).Order());

        var (browser, status) = await to.Process.SignInAsync(member, TenantMaker.Password);
        browser.Dispose();
        Assert.Equal(HttpStatusCode.Redirect, status);
        using var sender = new OtlpSender(to.Process, sent.Tenant.IngestKey);
        await sender.AcceptAsync(new TraceBuilder().Call(new Tokens(100, 10)));
        await sentAgain.TotalBecomesAsync(expected + Spend.Of(new Tokens(100, 10)));
        var record = new StringWriter();
        Assert.Equal(0, await VerifyCommand.VerifyAsync(new PostgresOptions { ConnectionString = to.Postgres }, record, CancellationToken.None));
        Assert.DoesNotContain("BROKEN", record.ToString(), StringComparison.Ordinal);

        // It is not overwritten by accident: not while it runs, and not without being told.
        Assert.Contains("running", await DoAsync(to, 1, "restore", "--from", file, "--replace"), StringComparison.Ordinal);
        Assert.Equal(0, await to.Process.StopAsync());
        Assert.Contains("--replace", await DoAsync(to, 1, "restore", "--from", file), StringComparison.Ordinal);
        Assert.Equal("1", await LaterCallsAsync(to));
        await DoAsync(to, 0, "restore", "--from", file, "--replace");
        Assert.Equal("0", await LaterCallsAsync(to));
        Assert.NotEqual("0", (await to.RowsAsync("SELECT toString(count()) FROM calls"))[0][0]);
    }

    /// <summary>What came after the restore, known by its tokens.</summary>
    private static async Task<string> LaterCallsAsync(ServerUnderTest server) => (await server.RowsAsync("SELECT toString(uniqExact(trace_id)) FROM calls WHERE input_fresh = 100"))[0][0];

    /// <summary>The command as ./finops runs it; gives what it told of a failure.</summary>
    private static async Task<string> DoAsync(ServerUnderTest server, int expected, params string[] arguments)
    {
        // Straight to the stores: the gates are for the servers.
        var environment = new Dictionary<string, string> { ["FINOPS_POSTGRES"] = server.Postgres, ["FINOPS_CLICKHOUSE"] = server.ClickHouse };
        var (output, errors) = (new StringWriter(), new StringWriter());
        var code = await BackupCommand.RunAsync([.. arguments, "--data", server.Process.DataFolder], environment.GetValueOrDefault, output, errors, CancellationToken.None);
        Assert.True(code == expected, $"{arguments[0]} ended with {code}.\n{output}\n{errors}");
        return errors.ToString();
    }
}
