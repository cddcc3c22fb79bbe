using FinOps.Analytics.Outcomes;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Units;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Units;

/// <summary>What the page about unit costs asks and shows. Knows nothing of rendering.</summary>
public sealed class UnitsPageModel(UnitCostReader units, SpendReader spend, OutcomeDefinitions definitions, TimeProvider time)
{
    /// <summary>Rows of the table; the cheapest are left out.</summary>
    public const int TableRows = 200;

    /// <summary>The dearest members that are named.</summary>
    private const int TopMembers = 5;

    /// <summary>The orders of the table by their names in the address; the first is the default.</summary>
    public static readonly IReadOnlyList<string> Sorts = ["cost", "per-unit", "units"];

    public static readonly IReadOnlyList<CostUnit> Units = Enum.GetValues<CostUnit>();

    public static readonly IReadOnlyList<Granularity> Lengths = [Granularity.Day, Granularity.Week, Granularity.Month];

    /// <summary>A figure of the range and of the period before.</summary>
    public sealed record Tile(UnitFigures Now, UnitFigures Before);

    /// <param name="Spread">Null where there is no unit.</param>
    /// <param name="Top">The dearest members; null for outcomes, which have no name.</param>
    public sealed record Spreading(UnitSpread? Spread, TopAnswer? Top);

    private ReadScope? _scope;

    public IReadOnlyDictionary<CostUnit, Loaded<Tile>> Tiles { get; } = Units.ToDictionary(unit => unit, _ => new Loaded<Tile>());
    public Loaded<IReadOnlyList<OutcomeDefinition>> Definitions { get; } = new();
    public Loaded<UnitCostAnswer> Series { get; } = new();
    public Loaded<UnitCostAnswer> Table { get; } = new();
    public Loaded<Spreading> Spread { get; } = new();

    public CostUnit Unit { get; private set; } = CostUnit.Call;
    public Dimension By { get; private set; } = Dimension.Feature;
    public string Sort { get; private set; } = Sorts[0];
    public Granularity Granularity { get; private set; } = Granularity.Day;
    public TimeRange Shown { get; private set; }

    /// <summary>The definition that outcomes are counted by; null where none goes on.</summary>
    public OutcomeDefinition? Outcome { get; private set; }

    /// <summary>Why the chosen unit has no figures in this view; null where it has.</summary>
    public string? Problem { get; private set; }

    /// <summary>Why outcomes have none.</summary>
    public string? OutcomeProblem { get; private set; }

    /// <summary>Definitions that go on.</summary>
    public IReadOnlyList<OutcomeDefinition> GoingOn => [.. (Definitions.Value ?? []).Where(row => row.EndedAt is null)];

    /// <summary>An answer is missing: the page asks again by itself. Otherwise it stands still under its reader's eyes.</summary>
    public bool Failed => new Loaded[] { Definitions, Series, Table, Spread }.Concat(Tiles.Values).Any(one => one.Failure is not null);

    public async Task LoadAsync(ReadScope scope, ViewAddress address, TimeZoneInfo zone, Asking asking)
    {
        var now = time.GetUtcNow();
        Shown = address.Range(now, zone);
        Unit = Enum.TryParse<CostUnit>(address.Get("unit"), ignoreCase: true, out var unit) && Enum.IsDefined(unit) ? unit : CostUnit.Call;
        By = Dimensions.TryParse(address.Get("by"), out var by) && UnitCostQuestion.Groupable.Contains(by) ? by : Dimension.Feature;
        Sort = Sorts.Contains(address.Get("sort")) ? address.Get("sort")! : Sorts[0];
        Granularity = Lengths.FirstOrDefault(length => NameOf(length) == address.Get("per"), UsualLength(Shown));
        _scope = scope;
        await Definitions.LoadAsync(token => definitions.ListAsync(scope.Tenant, token), asking);
        // Another address was asked for meanwhile.
        if (!ReferenceEquals(_scope, scope) || Definitions.Value is null) return;
        var goingOn = GoingOn;
        Outcome = goingOn.FirstOrDefault(row => row.Name == address.Get("outcome")) ?? (goingOn.Count > 0 ? goingOn[0] : null);
        await AskAsync(scope, address, zone, now, asking);
    }

    /// <summary>The rows in the chosen order.</summary>
    public IReadOnlyList<UnitCostRow> Rows() => Table.Value is not { } table
        ? []
        : [.. (Sort switch
        {
            "per-unit" => table.Rows.OrderByDescending(row => row.Figures.PerUnit ?? -1),
            "units" => table.Rows.OrderByDescending(row => row.Figures.Units),
            _ => table.Rows.OrderByDescending(row => row.Figures.Cost),
        }).ThenBy(row => row.Group, StringComparer.Ordinal)];

    /// <summary>One for each period of the range; 0 where there is nothing to divide by.</summary>
    public IReadOnlyList<decimal> CostsOf(IReadOnlyList<DateTimeOffset> periods)
    {
        var known = (Series.Value?.Rows ?? []).ToDictionary(row => row.Period, row => row.Figures.PerUnit ?? 0);
        return [.. periods.Select(period => Shared(known.GetValueOrDefault(period)))];
    }

    /// <summary>Calls are told by the thousand: one alone is a small fraction of a cent.</summary>
    public decimal Shared(decimal perUnit) => Unit == CostUnit.Call ? perUnit * 1_000 : perUnit;

    public static string NameOf(Granularity length) => length.ToString().ToLowerInvariant();

    /// <summary>Days up to seven weeks, weeks up to half a year, then months.</summary>
    internal static Granularity UsualLength(TimeRange range) => range.Length.TotalDays switch
    {
        <= 49 => Granularity.Day,
        <= 186 => Granularity.Week,
        _ => Granularity.Month,
    };

    private Task AskAsync(ReadScope scope, ViewAddress address, TimeZoneInfo zone, DateTimeOffset now, Asking asking)
    {
        var before = address.PreviousRange(now, zone);
        var filter = address.ToFilter();
        var counted = Outcome is { } definition ? new CountedOutcome(definition.Name, definition.Features) : null;
        // One look at the cells for all figures of a range.
        var together = units.Together();
        UnitCostQuestion Of(CostUnit unit) => new(scope, Shown, unit) { Filter = filter, TimeZone = zone, Outcome = counted };

        List<Task> loading = [];
        OutcomeProblem = counted is null ? "No outcome is defined yet." : Of(CostUnit.Outcome).FindProblem();
        foreach (var unit in Units.Where(unit => unit != CostUnit.Outcome || OutcomeProblem is null))
        {
            var question = Of(unit);
            loading.Add(Tiles[unit].LoadAsync(async token => new Tile(await together.SumAsync(question, token), await together.SumAsync(question with { Range = before }, token)), asking));
        }

        var table = Of(Unit) with { GroupBy = By };
        Problem = Unit == CostUnit.Outcome && counted is null ? OutcomeProblem : Of(Unit).FindProblem();
        if (Problem is not null) return Task.WhenAll(loading);
        loading.Add(Series.LoadAsync(token => together.AskAsync(Of(Unit) with { Granularity = Granularity }, token), asking));
        if (table.FindProblem() is null) loading.Add(Table.LoadAsync(token => together.AskAsync(table with { Limit = TableRows }, token), asking));
        else Problem = table.FindProblem();
        if (Unit != CostUnit.Call) loading.Add(Spread.LoadAsync(token => SpreadAsync(together, Of(Unit), token), asking));
        return Task.WhenAll(loading);
    }

    private async Task<Spreading> SpreadAsync(UnitCostReader together, UnitCostQuestion question, CancellationToken cancellationToken)
    {
        var spread = await together.AskAsync(new UnitSpreadQuestion(question.Scope, question.Range, question.Unit) { Filter = question.Filter, Outcome = question.Outcome }, cancellationToken);
        if (UnitCostReader.MemberOf(question.Unit) is not { } member) return new Spreading(spread, null);
        // One more, because those without a name are among them.
        return new Spreading(spread, await spend.AskAsync(new TopQuestion(question.Scope, question.Range, member) { Filter = question.Filter, Limit = TopMembers + 1 }, cancellationToken));
    }
}
