using ClickHouse.Driver;

namespace FinOps.Web.Parts;

/// <summary>
/// One answer that a page shows: loading, there, or failed. While it is asked again the old answer stays, so that nothing flickers;
/// when the page asks for something else meanwhile, the late answer to the old question is dropped.
/// </summary>
public sealed class Loaded<T> where T : class
{
    private int _asked;

    public T? Value { get; private set; }

    /// <summary>What failed, in words for the reader; null while all is well.</summary>
    public string? Failure { get; private set; }

    public bool Loading => Value is null && Failure is null;

    /// <summary>Asks; <paramref name="anew"/> forgets the old answer at once, because it belongs to another question.</summary>
    public async Task LoadAsync(Func<Task<T>> ask, ILogger log, bool anew)
    {
        var asked = ++_asked;
        if (anew) (Value, Failure) = (null, null);
        try
        {
            var value = await ask();
            if (asked == _asked) (Value, Failure) = (value, null);
        }
        catch (OperationCanceledException)
        {
            // The page was left, or asked again: whoever asked last shows the answer.
        }
        catch (Exception failure)
        {
            if (asked != _asked) return;
            Log.QuestionFailed(log, failure);
            Failure = failure is HttpRequestException or ClickHouseServerException or IOException or TimeoutException
                ? "The analytics store does not answer."
                : "This could not be loaded.";
        }
    }
}

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "A page's question failed")]
    public static partial void QuestionFailed(ILogger logger, Exception failure);
}
