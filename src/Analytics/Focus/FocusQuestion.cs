using FinOps.Analytics.Lines;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Focus;

/// <summary>A version of the FinOps Open Cost and Usage Specification.</summary>
public enum FocusVersion
{
    V1_2,
    V1_3,
    V1_4,
}

/// <summary>One kind of rows of a file. A kind that is not asked for is not read.</summary>
public interface IFocusRows
{
    FocusRowKind Kind { get; }

    /// <summary>In USD, by the day that they count for, the earliest first.</summary>
    IAsyncEnumerable<FocusRow> ReadAsync(FocusQuestion question, FocusAccount account, CancellationToken cancellationToken);
}

/// <summary>The costs of a range as rows of FOCUS' dataset Cost and Usage.</summary>
public sealed record FocusQuestion(ReadScope Scope, TimeRange Range)
{
    /// <summary>Told of users only where it is asked for: a name of a person is in every file that it gets into.</summary>
    public static readonly IReadOnlyList<Tag> UsualTags = [Tag.Feature, Tag.Team, Tag.Customer, Tag.Environment];

    public static readonly IReadOnlyList<Tag> AllowedTags = [.. UsualTags, Tag.Service, Tag.User];

    /// <summary>Their effective costs sum to what <c>GET /api/v1/costs</c> and Overview tell, adjustments included.</summary>
    public static readonly IReadOnlyList<FocusRowKind> UsualRows = [FocusRowKind.Usage, FocusRowKind.Adjustments];

    /// <summary>Kinds of rows. All but usage are the whole organisation's: whoever sees some teams alone has none of them.</summary>
    public IReadOnlyList<FocusRowKind> Rows { get; init; } = UsualRows;

    /// <summary>Corrections are rows of their own, so usage of closed months is told without them.</summary>
    internal bool AsClosed => Scope.IsWhole && Rows.Contains(FocusRowKind.Corrections);

    /// <summary>What commitments left unused are rows of their own, so usage that drew on one says so.</summary>
    internal bool TellsCommitments => Scope.IsWhole && Rows.Contains(FocusRowKind.Commitments);

    /// <summary>Decides which columns there are. Default: the newest.</summary>
    public FocusVersion Version { get; init; } = FocusVersion.V1_4;

    /// <summary>Length of a charge period.</summary>
    public LinePeriod Period { get; init; } = LinePeriod.Day;

    /// <summary>Keys of the column Tags.</summary>
    public IReadOnlyList<Tag> Tags { get; init; } = UsualTags;
}
