using System.Diagnostics;

namespace FinOps.Embedded.Tests;

/// <summary>Who runs it and from where: root, root inside a closed home, an ordinary user.</summary>
[Collection("Engines")]
public sealed class AccountTests
{
    private const int LimitMilliseconds = 180_000;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>An account that every Linux has and that is not root's. (initdb wants one with an entry in /etc/passwd.)</summary>
    private const string OrdinaryUser = "daemon";

    [Fact(Timeout = LimitMilliseconds)]
    public async Task Root_InAClosedHome_PutsPostgresWhereItsUserReachesIt()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root has to run PostgreSQL as somebody else.");
        using var installation = new Installation();
        File.SetUnixFileMode(installation.Root, OwnerOnly);
        var engines = Path.Combine(installation.Root, "engines");
        File.CreateSymbolicLink(engines, EnginesFolder.Find());

        string moved;
        await using (var owner = await EnginesOwner.StartAsync(installation.DataFolder, engines))
        {
            Assert.True(owner.Refusal is null, owner.Said);
            await Installation.PostgresAsync(owner.Addresses!, "CREATE TABLE kept (id int)");
            moved = Path.Combine("/var/lib/finops", File.ReadAllText(Path.Combine(installation.DataFolder, "installation-id")));
            Assert.True(Directory.Exists(Path.Combine(moved, "postgres")));
        }

        try
        {
            await using var again = await EnginesOwner.StartAsync(installation.DataFolder, engines);
            Assert.Equal(0L, await Installation.PostgresAsync(again.Addresses!, "SELECT count(*) FROM kept"));
        }
        finally
        {
            Directory.Delete(moved, recursive: true);
        }
    }

    [Fact(Timeout = LimitMilliseconds)]
    public async Task Root_DataFolderThatBecameClosed_MovesTheDataAlong()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root has to run PostgreSQL as somebody else.");
        using var installation = new Installation();
        await using (var open = await EnginesOwner.StartAsync(installation.DataFolder))
        {
            await Installation.PostgresAsync(open.Addresses!, "CREATE TABLE kept (id int)");
        }

        File.SetUnixFileMode(installation.Root, OwnerOnly);
        var moved = Path.Combine("/var/lib/finops", File.ReadAllText(Path.Combine(installation.DataFolder, "installation-id")));
        try
        {
            await using var closed = await EnginesOwner.StartAsync(installation.DataFolder);
            Assert.Equal(0L, await Installation.PostgresAsync(closed.Addresses!, "SELECT count(*) FROM kept"));
        }
        finally
        {
            Directory.Delete(moved, recursive: true);
        }
    }

    [Fact(Timeout = LimitMilliseconds)]
    public async Task OrdinaryUser_StartsBothEngines_AsThemselves()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "The other tests show it when an ordinary user runs them.");
        using var installation = new Installation();
        // The checkout may lie in a closed home: what this user needs is copied to where they can read it.
        var programs = Path.Combine(installation.Root, "programs");
        await RunAsync("cp", "-r", Path.GetDirectoryName(EnginesOwner.Assembly)!, programs);
        var engines = Path.Combine(installation.Root, "engines");
        await RunAsync("cp", "-r", EnginesFolder.Find(), engines);
        await RunAsync("chmod", "-R", "a+rX", programs, engines);
        Directory.CreateDirectory(installation.DataFolder);
        await RunAsync("chown", $"{OrdinaryUser}:{OrdinaryUser}", installation.DataFolder);

        await using var owner = await EnginesOwner.StartAsync(
            installation.DataFolder, engines, ["setpriv", "--reuid=" + OrdinaryUser, "--regid=" + OrdinaryUser, "--clear-groups", "--"],
            Path.Combine(programs, Path.GetFileName(EnginesOwner.Assembly)));

        Assert.True(owner.Refusal is null, owner.Said);
        Assert.Equal(1, await Installation.PostgresAsync(owner.Addresses!, "SELECT 1"));
        Assert.Equal((byte)1, await Installation.ClickHouseAsync(owner.Addresses!, "SELECT 1"));
        Assert.All(installation.EngineProcesses(), id => Assert.DoesNotContain("Uid:\t0\t", File.ReadAllText($"/proc/{id}/status"), StringComparison.Ordinal));
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
