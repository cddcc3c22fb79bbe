using System.Globalization;
using FinOps.Analytics.Changes;
using FinOps.Analytics.Spend;
using FinOps.Domain.Changes;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Why;

/// <summary>What the page about changed costs asks and shows. Knows nothing of rendering.</summary>
public sealed class WhyPageModel(ChangeReader changes, TimeProvider time)
{
    /// <summary>Rows of the table; those that changed least are left out, and counted.</summary>
    public const int TableRows = 100;

    /// <summary>Own parameters of the address: the period that is compared with, where it is not the one right before.</summary>
    public const string BeforeFrom = "before-from", BeforeTo = "before-to";

    private const string InstantFormat = "yyyy-MM-ddTHH:mm:ssZ";

    /// <summary>Of a table: a feature with a model, and its amount: of the chosen cause, or of all.</summary>
    public sealed record Row(PairChange Pair, decimal Amount);

    private string? _asked;

    public Loaded<ChangeAnswer> Answer { get; } = new();

    /// <summary>The period that is explained.</summary>
    public TimeRange Shown { get; private set; }

    /// <summary>The one that it is compared with.</summary>
    public TimeRange Before { get; private set; }

    /// <summary>The page's address names the period before.</summary>
    public bool IsOwnBefore { get; private set; }

    /// <summary>The cause that was chosen; null = all.</summary>
    public ChangeCause? Cause { get; private set; }

    /// <summary>The causes that are not 0, the largest first.</summary>
    public IReadOnlyList<(ChangeCause Cause, decimal Amount)> Causes => Answer.Value is not { } answer
        ? []
        : [.. Enum.GetValues<ChangeCause>().Select(cause => (Cause: cause, Amount: answer[cause])).Where(one => one.Amount != 0).OrderByDescending(one => Math.Abs(one.Amount)).ThenBy(one => one.Cause)];

    /// <summary>Rows that have an amount, the largest first.</summary>
    public IReadOnlyList<Row> Rows => Answer.Value is not { } answer
        ? []
        : [.. answer.Calls.Pairs.Select(pair => new Row(pair, Cause is { } cause ? pair[cause] : pair.Change)).Where(row => row.Amount != 0).OrderByDescending(row => Math.Abs(row.Amount))];

    public async Task LoadAsync(ReadScope scope, ViewAddress address, TimeZoneInfo zone, bool withGpus, Asking asking)
    {
        Cause = Enum.TryParse<ChangeCause>(address.Get("cause"), ignoreCase: true, out var cause) && Enum.IsDefined(cause) ? cause : null;
        // Another cause of the same two periods is in the answer that is there.
        var asked = address.With("cause", null).To("", own: true);
        if (asked == _asked && Answer is { Value: not null, Failure: null }) return;
        _asked = asked;
        var now = time.GetUtcNow();
        Shown = address.Range(now, zone);
        (IsOwnBefore, Before) = OwnBefore(address) is { } own ? (true, own) : (false, address.PreviousRange(now, zone));
        var question = new ChangeQuestion(scope, Before, Shown) { Filter = address.ToFilter(), WithGpus = withGpus };
        await Answer.LoadAsync(token => changes.Together().AskAsync(question, token), asking);
    }

    /// <summary>The address that compares with this period.</summary>
    public static ViewAddress Compared(ViewAddress address, TimeRange? before) => address
        .With(BeforeFrom, before?.From.UtcDateTime.ToString(InstantFormat, CultureInfo.InvariantCulture))
        .With(BeforeTo, before?.To.UtcDateTime.ToString(InstantFormat, CultureInfo.InvariantCulture));

    private static TimeRange? OwnBefore(ViewAddress address) =>
        TryInstant(address.Get(BeforeFrom), out var from) && TryInstant(address.Get(BeforeTo), out var to) && from < to ? new TimeRange(from, to) : null;

    private static bool TryInstant(string? text, out DateTimeOffset instant) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant);
}
