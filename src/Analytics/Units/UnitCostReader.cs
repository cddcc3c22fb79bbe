using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;

namespace FinOps.Analytics.Units;

/// <summary>Answers what a call, user, session, customer or success costs. Distinct counts are exact: users and customers from roll-ups, sessions from raw rows.</summary>
public sealed class UnitCostReader(ClickHouseStore store, SpendReader spend)
{
    /// <summary>Groups that are joined with their outcomes. Default 1,000 for each period: the dearest.</summary>
    private const int MaxGroups = 1_000;

    /// <summary>A reader for questions that are asked at once: see <see cref="SpendReader.Together"/>.</summary>
    public UnitCostReader Together() => new(store, spend.Together());

    /// <exception cref="ArgumentException"><see cref="UnitCostQuestion.FindProblem"/> says why it cannot be answered.</exception>
    public async Task<UnitCostAnswer> AskAsync(UnitCostQuestion question, CancellationToken cancellationToken)
    {
        if (question.FindProblem() is { } problem) throw new ArgumentException(problem, nameof(question));
        var (rows, isSampled) = question.Unit switch
        {
            CostUnit.Call => await CallsAsync(question, cancellationToken),
            CostUnit.Outcome => await OutcomesAsync(question, cancellationToken),
            _ => await MembersAsync(question, cancellationToken),
        };
        if (question is { Granularity: Granularity.Total, GroupBy: null } && rows.Count == 0)
            rows = [new UnitCostRow(TimeZoneInfo.ConvertTime(question.Range.From, question.TimeZone), null, default)];
        var truncated = rows.Count > question.Limit;
        return new UnitCostAnswer(truncated ? [.. rows.Take(question.Limit)] : rows, truncated) { IsSampled = isSampled };
    }

    /// <summary>One figure over a range.</summary>
    public async Task<UnitFigures> SumAsync(UnitCostQuestion question, CancellationToken cancellationToken) =>
        (await AskAsync(question with { Granularity = Granularity.Total, GroupBy = null }, cancellationToken)).Rows[0].Figures;

    /// <summary>Null where there is nothing that could spread; for calls, too, whose spread nobody asks for.</summary>
    public async Task<UnitSpread?> AskAsync(UnitSpreadQuestion question, CancellationToken cancellationToken)
    {
        if (MemberOf(question.Unit) is { } member)
        {
            var (_, rows) = await spend.RowsAsync(
                new SpendQuestion(question.Scope, question.Range) { GroupBy = [member], Filter = question.Filter }, [], source => new MemberSpread(source, member), cancellationToken);
            return Known(rows);
        }

        if (question.Outcome is not { } outcome) return null;
        return Known(await store.QueryAsync(new OutcomeSpread(question.Scope, new OutcomeCases(question.Scope, question.Range, outcome.Name, question.Filter)), cancellationToken));
    }

    /// <summary>The dimension whose values are the units; null for calls and outcomes.</summary>
    public static Dimension? MemberOf(CostUnit unit) => unit switch
    {
        CostUnit.User => Dimension.User,
        CostUnit.Session => Dimension.Session,
        CostUnit.Customer => Dimension.Customer,
        _ => null,
    };

    private static UnitSpread? Known(List<UnitSpread> rows) => rows is [{ Units: > 0 } spread] ? spread : null;

    private async Task<(IReadOnlyList<UnitCostRow> Rows, bool IsSampled)> CallsAsync(UnitCostQuestion question, CancellationToken cancellationToken)
    {
        var answer = await spend.AskAsync(Spend(question, question.Filter, question.Limit + 1), cancellationToken);
        return ([.. answer.Rows.Select(row => new UnitCostRow(
            row.Period, question.GroupBy is null ? null : row.Group[0], new UnitFigures(row.Figures.Cost, row.Figures.Calls - row.Figures.UnpricedCalls, row.Figures.UnpricedCalls)))], AnySampled(answer));
    }

    private async Task<(IReadOnlyList<UnitCostRow> Rows, bool IsSampled)> MembersAsync(UnitCostQuestion question, CancellationToken cancellationToken)
    {
        var member = MemberOf(question.Unit)!.Value;
        var periods = Periods.Of(question.Range, question.Granularity, question.TimeZone);
        Dimension[] dimensions = question.GroupBy is { } group && group != member ? [member, group] : [member];
        var (read, rows) = await spend.RowsAsync(
            new SpendQuestion(question.Scope, question.Range) { GroupBy = dimensions, Filter = question.Filter }, periods,
            source => new MembersByPeriod(source, periods, member, question.GroupBy, question.Limit + 1), cancellationToken);
        return (rows, read.IsSampled);
    }

    /// <summary>Successes and failures by where they came, and beside them the cost of all calls that can lead to them.</summary>
    private async Task<(IReadOnlyList<UnitCostRow> Rows, bool IsSampled)> OutcomesAsync(UnitCostQuestion question, CancellationToken cancellationToken)
    {
        var outcome = question.Outcome!;
        var periods = Periods.Of(question.Range, question.Granularity, question.TimeZone);
        if (periods.Count == 0) return ([], false);
        var most = MaxGroups * periods.Count;
        var costs = spend.AskAsync(Spend(question, outcome.Features.Count == 0 ? question.Filter : question.Filter.And(Dimension.Feature, outcome.Features), most), cancellationToken);
        var source = new OutcomeCases(question.Scope, question.Range, outcome.Name, question.Filter);
        var told = store.QueryAsync(new OutcomesByPeriod(question.Scope, source, periods, question.GroupBy, most), cancellationToken);
        await Task.WhenAll(costs, told);

        var rows = (await told).ToDictionary(row => (row.Period, row.Group));
        foreach (var cost in (await costs).Rows)
        {
            var key = (cost.Period, Group: question.GroupBy is null ? null : cost.Group[0]);
            var row = rows.GetValueOrDefault(key) ?? new UnitCostRow(key.Period, key.Group, default);
            rows[key] = row with { Figures = row.Figures with { Cost = cost.Figures.Cost } };
        }

        return (
            [.. rows.Values.OrderBy(row => row.Period).ThenByDescending(row => row.Figures.Cost).ThenByDescending(row => row.Figures.Units).ThenBy(row => row.Group, StringComparer.Ordinal)],
            AnySampled(await costs));
    }

    private static bool AnySampled(SpendAnswer answer) => answer.Rows.Any(row => !row.Figures.LeftOut.IsEmpty);

    private static SpendQuestion Spend(UnitCostQuestion question, SpendFilter filter, int limit) => new(question.Scope, question.Range)
    {
        Granularity = question.Granularity,
        TimeZone = question.TimeZone,
        GroupBy = question.GroupBy is { } group ? [group] : [],
        Filter = filter,
        Limit = limit,
    };
}
