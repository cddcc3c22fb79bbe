using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;

namespace FinOps.Web.Roles;

/// <summary>Whether this process can do its work now: both stores answer and their migrations are in.</summary>
internal sealed class Readiness(PostgresMigrator postgres, ClickHouseStore clickHouse, StoresReady ready, TimeProvider clock)
{
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Anyone may ask: within this time the last answer is given again, so that asking often costs the stores nothing.</summary>
    private static readonly TimeSpan AnswerLifetime = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1);
    private IReadOnlyList<string> _missing = [];
    private long? _askedAt;

    /// <summary>What is missing, in words that give no address away; empty when ready.</summary>
    public async Task<IReadOnlyList<string>> MissingAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_askedAt is { } asked && clock.GetElapsedTime(asked) < AnswerLifetime) return _missing;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(CheckTimeout);
            var answers = await Task.WhenAll(
                AnswersAsync(postgres.FindOutageAsync, limit.Token), AnswersAsync(clickHouse.FindProblemAsync, limit.Token));
            cancellationToken.ThrowIfCancellationRequested();
            List<string> missing = [];
            if (!answers[0]) missing.Add("PostgreSQL does not answer");
            if (!answers[1]) missing.Add("ClickHouse does not answer");
            if (!ready.IsOpen) missing.Add("The migrations are not in yet");
            _missing = missing;
            _askedAt = clock.GetTimestamp();
            return missing;
        }
        finally
        {
            _one.Release();
        }
    }

    private static async Task<bool> AnswersAsync(Func<CancellationToken, Task<string?>> find, CancellationToken cancellationToken)
    {
        try
        {
            return await find(cancellationToken) is null;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

internal static class ReadinessEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/healthz", () => Results.Text("alive\n")).AllowAnonymous().ExcludeFromDescription();
        app.MapGet("/readyz", async (Readiness readiness, CancellationToken cancellationToken) =>
        {
            var missing = await readiness.MissingAsync(cancellationToken);
            return missing.Count == 0
                ? Results.Json(new { status = "ready" })
                : Results.Json(new { status = "not ready", missing }, statusCode: StatusCodes.Status503ServiceUnavailable);
        }).AllowAnonymous().ExcludeFromDescription();
    }
}
