using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace FinOps.Embedded.Tests;

/// <summary>On the real engines. One after another: each starts two databases.</summary>
[Collection("Engines")]
public sealed class EmbeddedEnginesTests
{
    private const int LimitMilliseconds = 120_000;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(40);

    [Fact(Timeout = LimitMilliseconds)]
    public async Task Start_AfterCleanStop_FindsTheDataOfBothEngines()
    {
        using var installation = new Installation();
        await using (var first = await installation.StartAsync())
        {
            await WriteAsync(first.Addresses);
        }

        Assert.Empty(installation.EngineProcesses());
        var clock = Stopwatch.StartNew();
        await using var second = await installation.StartAsync();
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(40), $"The second start took {clock.Elapsed}");
        await AssertWrittenAsync(second.Addresses);
    }

    [Fact(Timeout = LimitMilliseconds)]
    public async Task OwnerKilledHard_LeavesNoEngine_AndTheNextStartFindsTheData()
    {
        using var installation = new Installation();
        await using (var owner = await EnginesOwner.StartAsync(installation.DataFolder))
        {
            await WriteAsync(owner.Addresses!);
            await owner.KillAsync();
        }

        await installation.WaitUntilNoEngineRunsAsync(StopLimit);
        await using var next = await installation.StartAsync();
        await AssertWrittenAsync(next.Addresses);
    }

    [Fact(Timeout = LimitMilliseconds)]
    public async Task OwnerKilledHard_StartedAgainAtOnce_WaitsForThePreviousRun()
    {
        using var installation = new Installation();
        await using (var owner = await EnginesOwner.StartAsync(installation.DataFolder))
        {
            await WriteAsync(owner.Addresses!);
            await owner.KillAsync();
        }

        await using var next = await installation.StartAsync();
        await AssertWrittenAsync(next.Addresses);
    }

    [Fact(Timeout = LimitMilliseconds)]
    public async Task PreviousRunHangs_NextStart_EndsItHardAndRecovers()
    {
        using var installation = new Installation();
        await using (var owner = await EnginesOwner.StartAsync(installation.DataFolder))
        {
            await WriteAsync(owner.Addresses!);
            await SignalAsync("STOP", installation.EngineProcess("bin/postgres"));
            await owner.KillAsync();
        }

        var progress = new List<string>();
        await using var next = await installation.StartAsync(previousRunTimeoutSeconds: 2, progress);
        Assert.Contains(progress, line => line.Contains("ended hard", StringComparison.Ordinal));
        await AssertWrittenAsync(next.Addresses);
    }

    [Fact(Timeout = LimitMilliseconds)]
    public async Task SameFolderTwice_SecondStart_IsRefusedWithTheWayOut()
    {
        using var installation = new Installation();
        await using var owner = await EnginesOwner.StartAsync(installation.DataFolder);

        var refusal = await Assert.ThrowsAsync<EngineException>(() => installation.StartAsync());
        Assert.Contains("in use by the running process", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("finops stop --data " + installation.DataFolder, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1L, Convert.ToInt64(await Installation.PostgresAsync(owner.Addresses!, "SELECT 1"), CultureInfo.InvariantCulture));
    }

    [Fact(Timeout = LimitMilliseconds)]
    public async Task TwoFolders_RunBesideEachOther_WithDataOfTheirOwn()
    {
        using var left = new Installation();
        using var right = new Installation();
        await using var first = await left.StartAsync();
        await using var second = await right.StartAsync();

        await WriteAsync(first.Addresses);
        Assert.Equal(0L, Convert.ToInt64(
            await Installation.PostgresAsync(second.Addresses, "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'"), CultureInfo.InvariantCulture));
        Assert.Equal(0L, Convert.ToInt64(
            await Installation.ClickHouseAsync(second.Addresses, "SELECT count() FROM system.tables WHERE name = 'kept'"), CultureInfo.InvariantCulture));
    }

    [Theory(Timeout = LimitMilliseconds)]
    [InlineData("bin/postgres")]
    [InlineData("dotnet")]
    public async Task EngineKilled_WhileTheApplicationRuns_ComesBackOnTheSameAddress(string program)
    {
        using var installation = new Installation();
        await using var engines = await installation.StartAsync();
        await WriteAsync(engines.Addresses);

        await SignalAsync("KILL", installation.EngineProcess(program));

        await AnswersAgainAsync(engines.Addresses);
        await AssertWrittenAsync(engines.Addresses);
    }

    [Fact(Timeout = LimitMilliseconds)]
    public async Task ClickHouse_WithoutAPassword_RefusesTablesAndFiles()
    {
        using var installation = new Installation();
        await using var engines = await installation.StartAsync();
        await WriteAsync(engines.Addresses);

        foreach (var question in (string[])["SELECT * FROM kept", "SELECT * FROM file('/etc/passwd', 'LineAsString')", "CREATE TABLE t (a Int8) ENGINE = Memory", "SYSTEM SHUTDOWN", "SHOW GRANTS FOR app"])
        {
            var answer = await AskWithoutPasswordAsync(engines.Addresses, question);
            Assert.Contains("ACCESS_DENIED", answer, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = LimitMilliseconds)]
    public async Task ClickHouse_RunsMutationsMergesAndNoGrowingSystemLogs()
    {
        using var installation = new Installation();
        await using var engines = await installation.StartAsync();
        await WriteAsync(engines.Addresses);

        await Installation.ClickHouseAsync(engines.Addresses, "ALTER TABLE kept UPDATE text = 'changed' WHERE id = 1 SETTINGS mutations_sync = 1");
        await Installation.ClickHouseAsync(engines.Addresses, "OPTIMIZE TABLE kept FINAL");

        Assert.Equal("changed", await Installation.ClickHouseAsync(engines.Addresses, "SELECT text FROM kept"));
        Assert.Equal(0L, Convert.ToInt64(
            await Installation.ClickHouseAsync(engines.Addresses, "SELECT count() FROM system.tables WHERE database = 'system' AND name LIKE '%\\_log'"), CultureInfo.InvariantCulture));
    }

    [Fact(Timeout = LimitMilliseconds)]
    public async Task Engines_RunInSessionsOfTheirOwn_AndPasswordsAreForTheOwnerAlone()
    {
        using var installation = new Installation();
        await using var engines = await installation.StartAsync();

        var own = Session(Environment.ProcessId);
        Assert.All(installation.EngineProcesses(), id => Assert.NotEqual(own, Session(id)));
        foreach (var secret in (string[])["secrets/engines.json", "clickhouse/users.xml", "clickhouse/config.xml"])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(installation.DataFolder, secret)));
        var passwords = engines.Addresses.PostgresConnectionString.Split("Password=")[1].Split(';')[0];
        Assert.DoesNotContain(installation.EngineProcesses(), id => File.ReadAllText($"/proc/{id}/cmdline").Contains(passwords, StringComparison.Ordinal));
    }

    [Theory(Timeout = LimitMilliseconds)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OneEngineAskedFor_TheOtherIsNotStarted(bool postgres)
    {
        using var installation = new Installation();
        await using (var engines = await installation.StartAsync(options => options with { Postgres = postgres, ClickHouse = !postgres }))
        {
            Assert.NotEmpty(installation.EngineProcesses());
            Assert.Equal(postgres, installation.IsRunning("bin/postgres"));
            Assert.Equal(!postgres, installation.IsRunning("dotnet"));
            Assert.Equal(1L, Convert.ToInt64(postgres
                ? await Installation.PostgresAsync(engines.Addresses, "SELECT 1")
                : await Installation.ClickHouseAsync(engines.Addresses, "SELECT 1"), CultureInfo.InvariantCulture));
            Assert.Throws<InvalidOperationException>(() => postgres ? engines.Addresses.ClickHouseConnectionString : engines.Addresses.PostgresConnectionString);
        }

        // The other one joins later with the passwords that were made at the first start.
        await using var both = await installation.StartAsync();
        await WriteAsync(both.Addresses);
        await AssertWrittenAsync(both.Addresses);
    }

    private static async Task WriteAsync(EngineAddresses addresses)
    {
        await Installation.PostgresAsync(addresses, "CREATE TABLE kept (id int PRIMARY KEY, text text); INSERT INTO kept VALUES (1, 'relational')");
        await Installation.ClickHouseAsync(addresses, "CREATE TABLE kept (id UInt64, text String) ENGINE = MergeTree ORDER BY id");
        await Installation.ClickHouseAsync(addresses, "INSERT INTO kept VALUES (1, 'columnar')");
    }

    private static async Task AssertWrittenAsync(EngineAddresses addresses)
    {
        Assert.Equal("relational", await Installation.PostgresAsync(addresses, "SELECT text FROM kept"));
        Assert.Equal("columnar", await Installation.ClickHouseAsync(addresses, "SELECT text FROM kept"));
    }

    private static async Task AnswersAgainAsync(EngineAddresses addresses)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await AssertWrittenAsync(addresses);
                return;
            }
            catch (Exception away) when (away is Npgsql.NpgsqlException or HttpRequestException && clock.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(100);
            }
        }
    }

    private static async Task<string> AskWithoutPasswordAsync(EngineAddresses addresses, string question)
    {
        var port = addresses.ClickHouseConnectionString.Split("Port=")[1].Split(';')[0];
        using var client = new HttpClient(new SocketsHttpHandler());
        using var body = new StringContent(question, Encoding.UTF8, new MediaTypeHeaderValue("text/plain"));
        using var answer = await client.PostAsync(new Uri($"http://127.0.0.1:{port}/"), body);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task SignalAsync(string signal, int processId)
    {
        using var kill = Process.Start("kill", ["-" + signal, processId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>The sixth field of /proc/ID/stat; the second is in brackets and may hold spaces.</summary>
    private static string Session(int processId) => File.ReadAllText($"/proc/{processId}/stat").Split(") ")[1].Split(' ')[3];
}
