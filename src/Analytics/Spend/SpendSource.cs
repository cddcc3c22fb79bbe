using System.Globalization;
using System.Text;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Spend;

/// <summary>
/// The rows that every question about spend sums: whole days and whole cells from the roll-ups as far as those are complete, everything else from the raw rows. Columns of all:
/// <c>cell</c> (the day, hour or quarter hour of a roll-up, the very second of a raw row), the dimensions asked for by their names, and the nine measures. Text comes from the whitelist of dimensions, values travel as parameters.
/// </summary>
internal sealed class SpendSource
{
    /// <summary>Marks the place of the source in a statement's text.</summary>
    public const string Marker = "{{source}}";

    /// <summary>Most cells whose generations travel with a statement, a little over five days of them; of more, ClickHouse looks them up. Named they save a subquery, and a quarter of what the cells take.</summary>
    public const int MaxNamedCells = 512;

    private const string BuiltType = "Array(Tuple(UInt32, UInt64))";

    private readonly ReadScope _scope;
    private readonly SpendFilter _filter;
    private readonly IReadOnlyList<Dimension> _dimensions;
    private readonly SpendTable _table;
    private readonly CellRanges _ranges;
    private readonly ulong _generation;

    // A period begins within one of the days.
    private readonly bool _byHours;

    // Of the cells that are read; null where they are too many to name.
    private readonly IReadOnlyList<BuiltCell>? _cells;

    /// <summary>Some calls stand for others: what sampling left out is read beside the nine measures.</summary>
    public bool IsSampled { get; }

    private SpendSource(
        ReadScope scope, SpendFilter filter, IReadOnlyList<Dimension> dimensions, SpendTable table, CellRanges ranges, IReadOnlyList<DateTimeOffset> cuts, CellState state)
    {
        _scope = scope;
        _filter = filter;
        _dimensions = dimensions;
        _table = table;
        _ranges = ranges;
        _byHours = ranges.DividesADay(cuts);
        _generation = state.Generation;
        IsSampled = state.IsSampled;
        var cells = state.BuiltCells.Where(cell => ranges.ReadsCell(cell.Start)).Take(MaxNamedCells + 1).ToList();
        _cells = cells.Count <= MaxNamedCells ? cells : null;
    }

    /// <summary>Nothing to read: the answer is known to be empty.</summary>
    public bool IsEmpty => _ranges.IsEmpty;

    /// <summary>Whether another source of the same question reads the same rows of the same roll-ups.</summary>
    public bool ReadsAs(SpendSource other) =>
        _table == other._table && IsSampled == other.IsSampled && _ranges.Days.SequenceEqual(other._ranges.Days) && _ranges.Cells.SequenceEqual(other._ranges.Cells)
        && _ranges.Raw.SequenceEqual(other._ranges.Raw)
        && (_cells is null || other._cells is null ? _cells == other._cells && _generation == other._generation : _cells.SequenceEqual(other._cells));

    /// <param name="scope">Whose rows.</param>
    /// <param name="range">Which of them.</param>
    /// <param name="filter">Conditions on dimensions.</param>
    /// <param name="dimensions">Columns that the statement reads.</param>
    /// <param name="cuts">Starts of the periods that the statement tells apart; none where it sums the whole range.</param>
    /// <param name="state">Pending cells and generation, read before; not needed where <see cref="SpendTables.For"/> says raw rows.</param>
    public static SpendSource Of(
        ReadScope scope, TimeRange range, SpendFilter filter, IReadOnlyList<Dimension> dimensions, IReadOnlyList<DateTimeOffset> cuts, CellState state)
    {
        var columns = dimensions.Distinct().ToList();
        var table = TableFor(scope, filter, columns);
        var ranges = table == SpendTable.Calls ? CellRanges.AllRaw(range) : CellRanges.Split(range, state.Pending, state.BuiltDays, cuts, table.DayGrainMicros());
        return new SpendSource(scope, filter, columns, table, ranges, cuts, state);
    }

    public static SpendTable TableFor(ReadScope scope, SpendFilter filter, IEnumerable<Dimension> dimensions)
    {
        var needed = dimensions.Concat(filter.Conditions.Select(condition => condition.Dimension));
        return SpendTables.For(scope.IsWhole ? needed : needed.Append(Dimension.Team));
    }

    /// <param name="withLeftOut">With what sampling left out, where there is any.</param>
    /// <param name="withTier">With the service tier as a column <c>tier</c>: of what <see cref="SpendTable.Spend"/> and raw rows answer.</param>
    public string Text(bool withLeftOut = false, bool withTier = false)
    {
        if (withTier && _table is not (SpendTable.Spend or SpendTable.Calls)) throw new InvalidOperationException($"Roll-ups of {_table} do not tell service tiers.");
        var leftOut = withLeftOut && IsSampled;
        var text = new StringBuilder("(");
        if (_ranges.Days.Count > 0) AppendDays(text, leftOut, withTier);
        if (_ranges.Days.Count > 0 && _ranges.Cells.Count + _ranges.Raw.Count > 0) text.Append("\n  UNION ALL");
        if (_ranges.Cells.Count > 0) AppendCells(text, leftOut, withTier);
        if (_ranges.Cells.Count > 0 && _ranges.Raw.Count > 0) text.Append("\n  UNION ALL");
        if (_ranges.Raw.Count > 0) AppendRaw(text, leftOut, withTier);
        return text.Append("\n)").ToString();
    }

    public void Bind(StatementParameters parameters)
    {
        parameters.Add(_scope);
        if (_ranges.Days.Count > 0)
        {
            parameters.Add("days", BuiltType, _ranges.Days.Select(day => (day.Start, day.Generation)).ToArray());
        }

        if (_ranges.Cells.Count > 0)
        {
            if (_cells is null) parameters.Add("generation", _generation);
            else parameters.Add("built", BuiltType, _cells.Select(cell => (cell.Start, cell.Generation)).ToArray());
            BindRanges(parameters, "cells", _ranges.Cells);
        }

        BindRanges(parameters, "raw", _ranges.Raw);
        for (var i = 0; i < _filter.Conditions.Count; i++)
            parameters.Add(Numbered("filter", i), "Array(String)", _filter.Conditions[i].Values.ToArray());
    }

    private void AppendDays(StringBuilder text, bool leftOut, bool tier)
    {
        var (table, cell) = _table.Days(_byHours);
        text.Append("\n  SELECT ").Append(cell).Append(" AS cell, ");
        AppendSums(text, leftOut, tier);
        text.Append("\n  FROM ").Append(table);
        text.Append("\n  WHERE tenant_id = {tenant:UUID}");
        text.Append("\n    AND (day, generation) IN ").Append(Named("days"));
        AppendFilter(text);
    }

    private void AppendCells(StringBuilder text, bool leftOut, bool tier)
    {
        text.Append("\n  SELECT cell, ");
        AppendSums(text, leftOut, tier);
        text.Append("\n  FROM ").Append(_table == SpendTable.Spend ? "roll_up_spend" : "roll_up_people");
        text.Append("\n  WHERE tenant_id = {tenant:UUID} AND (");
        AppendRanges(text, "cell", "cells", _ranges.Cells.Count);
        text.Append(")\n    AND (cell, generation) IN ");
        if (_cells is null) AppendLookUp(text);
        else text.Append(Named("built"));
        AppendFilter(text);
    }

    private void AppendLookUp(StringBuilder text)
    {
        text.Append("(\n      SELECT cell, max(generation) FROM roll_up_cells");
        text.Append("\n      WHERE tenant_id = {tenant:UUID} AND generation <= {generation:UInt64} AND (");
        AppendRanges(text, "cell", "cells", _ranges.Cells.Count);
        text.Append(")\n      GROUP BY cell)");
    }

    /// <summary>A constant to the engine, so that it finds the rows by their key.</summary>
    private static string Named(string parameter) => $"CAST({{{parameter}:{BuiltType}}} AS Array(Tuple(DateTime('UTC'), UInt64)))";

    private void AppendRaw(StringBuilder text, bool leftOut, bool tier)
    {
        text.Append("\n  SELECT toDateTime(start_time, 'UTC') AS cell, ");
        foreach (var dimension in _dimensions) text.Append(Selected(dimension)).Append(", ");
        if (tier) text.Append(SpendMeasures.Tier).Append(", ");
        text.Append(SpendMeasures.OfOneCall);
        if (leftOut)
        {
            // What a trace cost counts its calls of all features and models, as in the roll-ups: before any filter.
            text.Append(",\n    ").Append(SpendMeasures.LeftOutOfOneCall);
            text.Append("\n  FROM (SELECT tenant_id, trace_id, start_time, ").Append(AllDimensions).Append(", ").Append(SpendMeasures.CallColumns).Append(tier ? ", " + SpendMeasures.TierColumns : "").Append(", ").Append(SpendMeasures.TraceCost);
        }

        text.Append("\n  FROM calls FINAL");
        text.Append("\n  WHERE tenant_id = {tenant:UUID} AND role = 'call' AND (");
        AppendRanges(text, "start_time", "raw", _ranges.Raw.Count);
        text.Append(leftOut ? "))\n  WHERE tenant_id = {tenant:UUID}" : ")");
        AppendFilter(text);
    }

    private static readonly string AllDimensions = string.Join(", ", Enum.GetValues<Dimension>().Select(dimension => dimension.Column()).Distinct());

    private void AppendSums(StringBuilder text, bool leftOut, bool tier)
    {
        foreach (var dimension in _dimensions) text.Append(Selected(dimension)).Append(", ");
        if (tier) text.Append("tier, ");
        text.Append("cost, calls, unpriced_calls, failed_calls, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens");
        if (leftOut) text.Append(", ").Append(SpendMeasures.LeftOutColumns);
    }

    private void AppendFilter(StringBuilder text)
    {
        if (!_scope.IsWhole) text.Append("\n    AND ").Append(ScopeCondition.Text);
        for (var i = 0; i < _filter.Conditions.Count; i++)
        {
            var condition = _filter.Conditions[i];
            var column = condition.Dimension == Dimension.Project ? "toString(project_id)" : condition.Dimension.Column();
            text.Append("\n    AND ").Append(column).Append(condition.Excluded ? " NOT IN {" : " IN {")
                .Append(Numbered("filter", i)).Append(":Array(String)}");
        }
    }

    private static string Selected(Dimension dimension) =>
        dimension == Dimension.Project ? "toString(project_id) AS project" : dimension.Column();

    private static void AppendRanges(StringBuilder text, string column, string name, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (i > 0) text.Append(" OR ");
            text.Append(column).Append(" >= ").Append(Instant(name, "From", i)).Append(" AND ")
                .Append(column).Append(" < ").Append(Instant(name, "To", i));
        }
    }

    private static string Instant(string name, string end, int i) =>
        $"fromUnixTimestamp64Micro({{{Numbered(name + end, i)}:Int64}}, 'UTC')";

    private static void BindRanges(StatementParameters parameters, string name, IReadOnlyList<MicrosRange> ranges)
    {
        for (var i = 0; i < ranges.Count; i++)
        {
            parameters.Add(Numbered(name + "From", i), ranges[i].From);
            parameters.Add(Numbered(name + "To", i), ranges[i].To);
        }
    }

    private static string Numbered(string name, int i) => string.Create(CultureInfo.InvariantCulture, $"{name}{i}");
}

/// <summary>The name that a dimension has in the source's rows.</summary>
internal static class SpendColumns
{
    public static string SourceColumn(this Dimension dimension) => dimension == Dimension.Project ? "project" : dimension.Column();
}
