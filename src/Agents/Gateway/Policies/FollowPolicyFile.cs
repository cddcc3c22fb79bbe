using FinOps.Domain.Policies;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Policies;

/// <summary>Obeys a person's own <c>policies.json</c>: read at the start, and again when it changes. A file that is not good changes nothing, and the log names everything that is wrong with it.</summary>
internal sealed class FollowPolicyFile(string path, PolicyState state, ProviderTable providers, ILogger log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private (DateTime, long) _seen;

    /// <summary>Everything that is wrong with the file; empty: it is obeyed from now on.</summary>
    public IReadOnlyList<string> Load()
    {
        _seen = Stamp();
        byte[] utf8;
        try
        {
            utf8 = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [$"{path} cannot be read: {e.Message}"];
        }

        var (bundle, errors) = PolicyBundleReader.Read(utf8, state.Protocols);
        if (bundle is not null) errors = SupportedPolicies.Errors(bundle, providers, hasControl: false);
        if (bundle is null || errors.Count > 0) return [.. errors.Select(error => $"{path}: {error}")];
        state.Swap(bundle);
        Log.PoliciesTaken(log, bundle.Version, bundle.Policies.Count(policy => policy.Enabled));
        return [];
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Pause);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (Stamp() == _seen) continue;
                foreach (var error in Load()) Log.PoliciesRefused(log, error);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private (DateTime, long) Stamp() => new FileInfo(path) is { Exists: true } file ? (file.LastWriteTimeUtc, file.Length) : default;
}
