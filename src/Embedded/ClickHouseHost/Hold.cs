using System.Diagnostics;
using System.Net;
using System.Text;

namespace FinOps.Embedded.ClickHouseHost;

/// <summary>The statement that keeps the engine serving, and the way to end it so that the engine stops cleanly.</summary>
internal sealed class Hold(Uri endpoint, string user, string password)
{
    /// <summary>A stop that takes longer than this is cut short: the engine's parts on disk survive a kill.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly TaskCompletionSource _endRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Statement => "SELECT sleepEachRow(0.25) FROM system.numbers SETTINGS max_block_size = 1 FORMAT Null";

    public void RequestEnd() => _endRequested.TrySetResult();

    public async Task EndWhenInputClosesAsync()
    {
        var input = Task.Run(() =>
        {
            while (Console.In.Read() >= 0)
            {
            }
        });
        await Task.WhenAny(input, _endRequested.Task);

        using var deadline = new CancellationTokenSource(StopTimeout);
        await KillHoldAsync(deadline.Token);
        await Task.Delay(Timeout.InfiniteTimeSpan, deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Still here: the engine's clean way out did not come to an end. Its threads would outlive Environment.Exit.
        await Console.Error.WriteLineAsync($"ClickHouse did not stop within {StopTimeout.TotalSeconds:0} s and is ended hard.");
        Process.GetCurrentProcess().Kill();
    }

    private async Task KillHoldAsync(CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        client.DefaultRequestHeaders.Add("X-ClickHouse-User", user);
        client.DefaultRequestHeaders.Add("X-ClickHouse-Key", password);

        // The interface may not be open yet when the parent dies during the start: try until the deadline.
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using var body = new StringContent($"KILL QUERY WHERE query = '{Statement}' SYNC", Encoding.UTF8);
                using var answer = await client.PostAsync(endpoint, body, cancellationToken);
                if (answer.StatusCode == HttpStatusCode.OK)
                    return;
                await Console.Error.WriteLineAsync($"KILL QUERY was answered with {(int)answer.StatusCode}.");
            }
            catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
            {
                await Console.Error.WriteLineAsync($"KILL QUERY did not reach the engine: {failure.Message}");
            }

            await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
