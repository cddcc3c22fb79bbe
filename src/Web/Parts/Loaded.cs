using FinOps.Analytics.Quotas;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;

namespace FinOps.Web.Parts;

/// <param name="Log">Where a failure is told.</param>
/// <param name="Anew">The old answer belongs to another question: forget it at once.</param>
/// <param name="Changed">Called after each answer, so that a page shows them as they come.</param>
/// <param name="Left">The page was left.</param>
public sealed record Asking(ILogger Log, bool Anew, Action Changed, CancellationToken Left);

/// <summary>One answer that a page shows: loading, there, failed, or (stale) there although the newest question failed.</summary>
public abstract class Loaded
{
    /// <summary>How long a page waits for one answer before it says that none came. Default 15 seconds.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    /// <summary>What a button says whose change may have been saved or not, because the store went away while it was asked to.</summary>
    public const string NotKnownToBeSaved = "PostgreSQL, the store of settings, does not answer. Look whether it was saved before you try again.";

    /// <summary>What failed, in words for the reader; null while all is well.</summary>
    public string? Failure { get; protected set; }

    public bool Loading => !HasValue && Failure is null;

    public bool Stale => HasValue && Failure is not null;

    protected abstract bool HasValue { get; }
}

/// <summary>
/// While it is asked again the old answer stays, so that nothing flickers; when the page asks for something else meanwhile, the old question is
/// cancelled and its late answer dropped.
/// </summary>
public sealed class Loaded<T> : Loaded where T : class
{
    private readonly TimeSpan _timeout;
    private CancellationTokenSource? _current;

    public Loaded() : this(AnswerTimeout)
    {
    }

    internal Loaded(TimeSpan timeout) => _timeout = timeout;

    public T? Value { get; private set; }

    protected override bool HasValue => Value is not null;

    public async Task LoadAsync(Func<CancellationToken, Task<T>> ask, Asking asking)
    {
        // A refresh that overtakes a slow answer would ask for it for ever.
        if (!asking.Anew && _current is not null) return;
        if (_current is not null) await _current.CancelAsync();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(asking.Left);
        limit.CancelAfter(_timeout);
        _current = limit;
        if (asking.Anew) (Value, Failure) = (null, null);
        try
        {
            var value = await ask(limit.Token);
            if (_current == limit) (Value, Failure) = (value, null);
        }
        catch (OperationCanceledException) when (_current != limit || asking.Left.IsCancellationRequested)
        {
            // Asked again meanwhile, or nobody looks any more.
        }
        catch (Exception failure)
        {
            if (_current == limit) Fail(failure, asking.Log);
        }
        finally
        {
            if (_current == limit) _current = null;
        }

        asking.Changed();
    }

    private void Fail(Exception failure, ILogger log)
    {
        // A quota is no fault: it is counted, and the page says what to do.
        if (failure is not QuotaExceededException) Log.QuestionFailed(log, failure);
        Failure = failure switch
        {
            QuotaExceededException refused => refused.Advice,
            OperationCanceledException or TimeoutException => $"There was no answer within {_timeout.TotalSeconds:0} s.",
            // ClickHouse first: both may be a broken socket underneath.
            _ when ClickHouseStore.IsAway(failure) => "The analytics store does not answer.",
            _ when PostgresMigrator.IsAway(failure) => "PostgreSQL, the store of settings, does not answer.",
            _ => "This could not be loaded.",
        };
    }
}

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "A page's question failed")]
    public static partial void QuestionFailed(ILogger logger, Exception failure);
}
