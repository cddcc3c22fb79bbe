using System.Diagnostics;
using System.Globalization;
using FinOps.Domain.Tenancy;
using FinOps.Ingest.Pipeline;

namespace FinOps.Ingest.Tests.Pipeline;

/// <summary>SIGKILL at any moment, under load, while ClickHouse comes and goes: no acknowledged call is lost, and none counts twice.</summary>
public sealed class KilledWriterTests(ClickHouseFixture engine)
{
    private const int Kills = 8;
    private const int CallsPerRequest = 20;

    private static string Assembly => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "../../../Killed", Path.GetRelativePath(Path.Combine(AppContext.BaseDirectory, "../../.."), AppContext.BaseDirectory), "FinOps.Ingest.Tests.Killed.dll"));

    [Fact]
    public async Task Writer_KilledAgainAndAgainUnderLoad_LosesAndDoublesNothing()
    {
        var address = await engine.CreateDatabaseAsync();
        using var store = ClickHouseFixture.Open(address);
        using var folder = new TemporaryFolder();
        await using var door = Door.Before(address);
        var spool = Path.Combine(folder.Path, "spool");
        var acknowledged = Path.Combine(folder.Path, "acknowledged");
        var tenant = new TenantId(Guid.NewGuid());

        for (var kill = 0; kill < Kills; kill++)
        {
            var away = kill % 3 == 1;
            if (away) await door.ShutAsync();
            using (var writer = Start(door.Address.ConnectionString, spool, acknowledged, tenant, 1_000_000_000L * (kill + 1)))
            {
                Assert.Equal("ready", await writer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
                await Task.Delay(Random.Shared.Next(300, 1_200), TestContext.Current.CancellationToken);
                if (kill % 3 == 2)
                {
                    // ClickHouse goes away in the middle of inserts.
                    await door.ShutAsync();
                    away = true;
                    await Task.Delay(Random.Shared.Next(50, 400), TestContext.Current.CancellationToken);
                }

                writer.Kill();
                await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            if (away) door.Open();
        }

        await using (var last = await WriterUnderTest.StartAsync(address, spool)) await last.UntilAsync(state => state.Spool.Blocks == 0);

        var firsts = (await File.ReadAllLinesAsync(acknowledged, TestContext.Current.CancellationToken))
            .Select(line => long.Parse(line, CultureInfo.InvariantCulture)).ToList();
        Assert.True(firsts.Count > Kills, "The writers hardly acknowledged anything.");
        var rows = await store.ReadAsync("SELECT span_id, count() FROM calls FINAL GROUP BY span_id");
        var counts = rows.ToDictionary(row => (long)(ulong)row[0]!, row => (ulong)row[1]!);
        Assert.All(counts.Values, count => Assert.Equal(1UL, count));
        var lost = firsts.SelectMany(first => Enumerable.Range(0, CallsPerRequest).Select(i => first + i)).Where(id => !counts.ContainsKey(id)).ToList();
        Assert.True(lost.Count == 0, $"{lost.Count} of {firsts.Count * CallsPerRequest} acknowledged calls are lost.");
    }

    private static Process Start(string connection, string spool, string acknowledged, TenantId tenant, long first) =>
        Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList = { Assembly, connection, spool, acknowledged, tenant.ToString(), first.ToString(CultureInfo.InvariantCulture) },
            RedirectStandardOutput = true,
        })!;
}
