using System.Collections.Concurrent;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Spend;

/// <summary>
/// Answers every question about spend. First it reads which cells are pending, then it sums whole days and whole cells from roll-ups and the rest from raw rows
/// (docs/architecture.md, "Roll-ups that never lie").
/// </summary>
public sealed class SpendReader
{
    private readonly ClickHouseStore _store;

    // Null: each question reads the cells anew.
    private readonly ConcurrentDictionary<(TenantId Tenant, TimeRange Range, bool IsRaw), Lazy<Task<CellState>>>? _shared;

    private readonly RememberedCells _remembered;

    // Asked by a job: no tenant's quota pays for it.
    private readonly bool _isUnmetered;

    public SpendReader(ClickHouseStore store) => (_store, _remembered) = (store, new RememberedCells());

    private SpendReader(SpendReader reader, bool isUnmetered) => (_store, _remembered, _shared, _isUnmetered) = (reader._store, reader._remembered, new(), isUnmetered);

    private static readonly Dimension[] SpendTags =
        [Dimension.Feature, Dimension.Team, Dimension.Environment, Dimension.Service, Dimension.Endpoint];

    private static readonly Dimension[] PeopleTags = [Dimension.User, Dimension.Customer];

    /// <summary>
    /// A reader for questions that are asked at once, as the figures of one page are: those of one range look at the same cells, read once, so that they fit together.
    /// Drop it with their answers: it knows nothing of what arrives later. The first question's cancellation ends the reading for all.
    /// </summary>
    public SpendReader Together() => new(this, isUnmetered: false);

    /// <summary>The same for a job, whose questions (<see cref="SpendQuestion"/>, <see cref="SplitQuestion"/>) no tenant's quota pays for: a tenant that has used up its query seconds still hears of its budgets.</summary>
    internal SpendReader TogetherForJob() => new(this, isUnmetered: true);

    public async Task<SpendAnswer> AskAsync(SpendQuestion question, CancellationToken cancellationToken)
    {
        var periods = Periods.Of(question.Range, question.Granularity, question.TimeZone);
        var (_, rows) = await RowsAsync(question, periods, source => new SpendByPeriod(source, periods, question.GroupBy, question.Limit + 1, _isUnmetered), cancellationToken);
        if (question.Granularity == Granularity.Total && question.GroupBy.Count == 0 && rows.Count == 0)
            rows.Add(new SpendRow(TimeZoneInfo.ConvertTime(question.Range.From, question.TimeZone), [], default));
        var truncated = rows.Count > question.Limit;
        return new SpendAnswer(truncated ? rows[..question.Limit] : rows, truncated);
    }

    /// <summary>One sum over a range.</summary>
    public async Task<SpendFigures> SumAsync(SpendQuestion question, CancellationToken cancellationToken) =>
        (await AskAsync(question with { Granularity = Granularity.Total, GroupBy = [] }, cancellationToken)).Rows[0].Figures;

    public async Task<TopAnswer> AskAsync(TopQuestion question, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(question.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(question.Limit, TopQuestion.MaxLimit);
        var (_, rows) = await RowsAsync(
            new SpendQuestion(question.Scope, question.Range) { GroupBy = [question.Dimension], Filter = question.Filter }, [],
            source => new SpendByMember(source, question.Dimension, question.Search ?? "", question.Limit), cancellationToken);
        var other = rows.Find(row => row.IsOther);
        return new TopAnswer(
            [.. rows.Where(row => !row.IsOther).Select(row => new TopMember(row.Value, row.Figures))], other?.Figures ?? default, other?.Members ?? 0);
    }

    public async Task<SplitAnswer> AskAsync(SplitQuestion question, CancellationToken cancellationToken)
    {
        var periods = Periods.Of(question.Range, question.Granularity, question.TimeZone);
        var (_, rows) = await RowsAsync(
            new SpendQuestion(question.Scope, question.Range) { GroupBy = [question.Dimension], Filter = question.Filter }, periods,
            source => new SpendSplit(source, periods, question.Dimension, question.Members, _isUnmetered), cancellationToken);
        return new SplitAnswer(periods, Series(rows, periods.Count));
    }

    /// <summary>All tiles in one reading: the time that they span is cut wherever one of them begins or ends.</summary>
    public async Task<TotalsAnswer> AskAsync(TotalsQuestion question, CancellationToken cancellationToken)
    {
        var ranges = TotalRanges.At(question.Now, question.TimeZone);
        var cuts = ranges.Cuts();
        var span = new TimeRange(cuts[0], cuts[^1]);
        // Quarter hours that lie across a cut are read raw, like pending ones.
        var (_, rows) = await RowsAsync(
            question.Scope.Tenant, span, SpendSource.TableFor(question.Scope, question.Filter, []),
            state => SpendSource.Of(question.Scope, span, question.Filter, [], cuts, state.WithPending(cuts)), source => new SpendByPeriod(source, cuts, [], cuts.Count), cancellationToken);
        var sums = ranges.All.Select(range => rows
            .Where(row => row.Period >= range.From && row.Period < range.To)
            .Aggregate(default(SpendFigures), (sum, row) => sum + row.Figures)).ToList();
        return ranges.Answer(sums[0], sums[1], sums[2], sums[3], sums[4]);
    }

    public async Task<CoverageAnswer> AskAsync(CoverageQuestion question, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(
            TagsAsync(question, SpendTags, cancellationToken), TagsAsync(question, PeopleTags, cancellationToken));
        return new CoverageAnswer(answers[0].Figures, [.. answers[0].Tags, .. answers[1].Tags]);
    }

    public async Task<DataLagAnswer> AskAsync(DataLagQuestion question, CancellationToken cancellationToken)
    {
        if (!question.Scope.IsWhole)
        {
            var ofTeams = (await _store.QueryAsync(new LatestCallOfTeams(question.Scope), cancellationToken))[0];
            return ofTeams.Rows == 0 ? new DataLagAnswer(null, null, null, null) : new DataLagAnswer(ofTeams.Received, ofTeams.Started, null, null);
        }

        var tenant = question.Scope.Tenant;
        var latest = await _store.QueryAsync(new LatestCall(tenant), cancellationToken);
        var state = CellState.Of(await _store.QueryAsync(new PendingCells(tenant, new TimeRange(DateTimeOffset.UnixEpoch, LastCell)), cancellationToken));
        var call = latest[0];
        return new DataLagAnswer(
            call.Rows == 0 ? null : call.Received, call.Rows == 0 ? null : call.Started,
            state.Pending.Count, state.Pending.Count == 0 ? null : state.OldestChange);
    }

    /// <summary>ClickHouse's DateTime ends in 2106.</summary>
    private static readonly DateTimeOffset LastCell = new(2106, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private async Task<CoverageAnswer> TagsAsync(CoverageQuestion question, Dimension[] tags, CancellationToken cancellationToken)
    {
        var (_, rows) = await RowsAsync(
            new SpendQuestion(question.Scope, question.Range) { GroupBy = tags, Filter = question.Filter }, [], source => new SpendByTag(source, tags), cancellationToken);
        return rows.Count == 0 ? new CoverageAnswer(default, [.. tags.Select(tag => new TagCoverage(tag, 0, 0))]) : rows[0];
    }

    /// <summary>The rows of a question, summed in the caller's way; none where the source is known to be empty.</summary>
    /// <param name="question">Range, conditions and the dimensions that the statement reads.</param>
    /// <param name="cuts">Starts of the periods that the statement tells apart.</param>
    /// <param name="ask">The statement over a source. It may be asked twice, for two sources.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    internal Task<(SpendSource Source, List<TRow> Rows)> RowsAsync<TRow>(
        SpendQuestion question, IReadOnlyList<DateTimeOffset> cuts, Func<SpendSource, IClickHouseQuestion<TRow>> ask, CancellationToken cancellationToken)
    {
        var range = StorableRange(question.Range);
        return RowsAsync(
            question.Scope.Tenant, range, SpendSource.TableFor(question.Scope, question.Filter, question.GroupBy),
            state => SpendSource.Of(question.Scope, range, question.Filter, question.GroupBy, cuts, state), ask, cancellationToken);
    }

    /// <summary>
    /// Where cells were looked at not long ago, the rows are asked for as if nothing had changed since, while the cells are looked at: mostly nothing has. Otherwise that answer is
    /// thrown away. The cells are found to be in force no earlier than the remembered state that the rows were asked by, so an answer that is believed misses nothing that had arrived by its own reading.
    /// </summary>
    private async Task<(SpendSource Source, List<TRow> Rows)> RowsAsync<TRow>(
        TenantId tenant, TimeRange range, SpendTable table, Func<CellState, SpendSource> sourceOf, Func<SpendSource, IClickHouseQuestion<TRow>> ask, CancellationToken cancellationToken)
    {
        var remembered = table == SpendTable.Calls ? null : _remembered.Of(tenant, range);
        var foreseen = remembered is null ? null : sourceOf(remembered);
        if (foreseen is null || foreseen.IsEmpty)
        {
            var only = sourceOf(await CellsAsync(tenant, range, table, cancellationToken));
            return (only, only.IsEmpty ? [] : await _store.QueryAsync(ask(only), cancellationToken));
        }

        using var early = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var rows = _store.QueryAsync(ask(foreseen), early.Token);
        SpendSource source;
        try
        {
            source = sourceOf(await CellsAsync(tenant, range, table, cancellationToken));
        }
        catch
        {
            await DropAsync();
            throw;
        }

        var held = source.ReadsAs(foreseen);
        RememberedCells.Count(held);
        if (held) return (source, await rows);
        await DropAsync();
        return (source, source.IsEmpty ? [] : await _store.QueryAsync(ask(source), cancellationToken));

        async Task DropAsync()
        {
            await early.CancelAsync();
            // Nobody reads that answer, so how it ended is nobody's error.
            await rows.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private Task<CellState> CellsAsync(TenantId tenant, TimeRange range, SpendTable table, CancellationToken cancellationToken)
    {
        if (range.To <= range.From) return Task.FromResult(CellState.None);
        var isRaw = table == SpendTable.Calls;
        return _shared is null
            ? ReadAsync()
            : _shared.GetOrAdd((tenant, range, isRaw), _ => new Lazy<Task<CellState>>(ReadAsync)).Value;

        async Task<CellState> ReadAsync() => isRaw
            ? CellState.None with { IsSampled = (await _store.QueryAsync(new SampledCells(tenant, range, _isUnmetered), cancellationToken))[0] }
            : await CellsOfAsync();

        async Task<CellState> CellsOfAsync()
        {
            var state = CellState.Of(await _store.QueryAsync(new PendingCells(tenant, range, _isUnmetered), cancellationToken));
            _remembered.Remember(tenant, range, state);
            return state;
        }
    }

    /// <summary>A caller may ask for any years; instants that ClickHouse cannot hold have no calls.</summary>
    private static TimeRange StorableRange(TimeRange range)
    {
        var from = range.From < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : range.From;
        var to = range.To > LastCell ? LastCell : range.To;
        return new TimeRange(from, to);
    }

    private static List<SplitSeries> Series(List<SplitRow> rows, int periods)
    {
        var series = rows.GroupBy(row => row.Member is null ? (Named: false, "") : (Named: true, row.Member)).Select(group =>
        {
            var figures = new SpendFigures[periods];
            foreach (var row in group) figures[row.Period] = row.Figures;
            return new SplitSeries(group.Key.Named ? group.Key.Item2 : null, group.Aggregate(default(SpendFigures), (sum, row) => sum + row.Figures), figures);
        });
        return [.. series.OrderBy(one => one.Value is null).ThenByDescending(one => one.Sum.Cost).ThenByDescending(one => one.Sum.Calls)
            .ThenBy(one => one.Value, StringComparer.Ordinal)];
    }
}
