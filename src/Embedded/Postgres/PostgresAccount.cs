namespace FinOps.Embedded.Postgres;

/// <summary>PostgreSQL refuses to run as root: under root it runs as <paramref name="UserId"/>, else as the user who started us (null).</summary>
internal sealed record PostgresAccount(string? UserId)
{
    /// <summary>The user "nobody" of Debian, Fedora, Alpine: it is there without anything being installed.</summary>
    private const string Nobody = "65534";

    public static async Task<PostgresAccount> ChooseAsync(string existingData, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
            return new PostgresAccount(UserId: null);
        if (!Directory.Exists(existingData))
            return new PostgresAccount(Nobody);

        // Made by an ordinary user, or under root: it goes on as the user whose files these are.
        var owner = (await ShortCommand.RunAsync(["stat", "--format=%u", existingData], cancellationToken)).Trim();
        return new PostgresAccount(owner == "0" ? Nobody : owner);
    }

    public string[] Run(params string[] command) => UserId is null
        ? command
        : ["setpriv", $"--reuid={UserId}", $"--regid={UserId}", "--clear-groups", "--", .. command];

    public async Task<bool> CanAsync(string test, string argument, CancellationToken cancellationToken)
    {
        var (exitCode, _) = await ShortCommand.TryRunAsync(Run("sh", "-c", test, "test", argument), cancellationToken);
        return exitCode == 0;
    }

    public async Task OwnAsync(string path, CancellationToken cancellationToken)
    {
        if (UserId is not null)
            await ShortCommand.RunAsync(["chown", $"{UserId}:{UserId}", path], cancellationToken);
    }
}
