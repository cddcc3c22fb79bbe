using System.Globalization;
using FinOps.Domain.Budgets;
using FinOps.Domain.Currencies;
using FinOps.Domain.Usage;

namespace FinOps.Web.Features.Budgets;

/// <summary>What a person fills in to make or change a budget. Knows nothing of rendering.</summary>
public sealed class BudgetForm
{
    /// <summary>Stands for calls that do not tell the dimension.</summary>
    public const string NotTold = "(not told)";

    public sealed class ThresholdRow
    {
        public string Percent { get; set; } = "";
        public ThresholdBasis Basis { get; set; }
        public BudgetAction Action { get; set; }
    }

    public sealed class ScopeRow
    {
        public ScopeDimension Dimension { get; set; } = ScopeDimension.Feature;

        /// <summary>One value a line: values may have commas.</summary>
        public string Values { get; set; } = "";
    }

    public string Name { get; set; } = "";
    public string Amount { get; set; } = "";
    public string Currency { get; set; } = ExchangeRates.Usd;
    public BudgetCycle Cycle { get; set; } = BudgetCycle.Month;
    public string TimeZone { get; set; } = "UTC";
    public bool RollOver { get; set; }
    public string Owner { get; set; } = "";
    public string Ceiling { get; set; } = "";
    /// <summary>Channels that its alerts go to; none: the routes decide.</summary>
    public HashSet<Guid> Channels { get; } = [];
    public List<ThresholdRow> Thresholds { get; } = [];
    public List<ScopeRow> Scope { get; } = [];

    public static BudgetForm New(string owner, string timeZone, string currency)
    {
        var form = new BudgetForm { Owner = owner, TimeZone = timeZone, Currency = currency };
        form.Add(BudgetThreshold.Usual);
        return form;
    }

    /// <param name="budget">As it is.</param>
    /// <param name="projects">Names by id.</param>
    public static BudgetForm Of(Budget budget, IReadOnlyDictionary<string, string> projects)
    {
        var form = new BudgetForm
        {
            Name = budget.Name,
            Amount = Text(budget.Amount),
            Currency = budget.Currency,
            Cycle = budget.Cycle,
            TimeZone = budget.TimeZone,
            RollOver = budget.RollOver,
            Owner = budget.Owner,
            Ceiling = budget.CeilingPerUnpricedCall is { } ceiling ? Text(ceiling) : "",
        };
        form.Add(budget.Thresholds);
        form.Channels.UnionWith(budget.Channels);
        form.Scope.AddRange(RowsOf(budget.Scope, projects));
        return form;
    }

    /// <summary>The budget, or what is wrong, for people.</summary>
    /// <param name="id">Of the budget.</param>
    /// <param name="projects">Names by id.</param>
    public (Budget? Budget, string? Problem) ToBudget(Guid id, IReadOnlyDictionary<string, string> projects)
    {
        if (!TryAmount(Amount, out var amount)) return (null, "The amount is a number, for example 500 or 12.50.");
        decimal? ceiling = null;
        if (Ceiling.Trim().Length > 0)
        {
            if (!TryAmount(Ceiling, out var told)) return (null, "The ceiling of a call without a price is a number, for example 0.05, or empty.");
            ceiling = told;
        }

        var thresholds = new List<BudgetThreshold>();
        foreach (var row in Thresholds.Where(row => row.Percent.Trim().Length > 0))
        {
            if (!TryAmount(row.Percent, out var percent)) return (null, $"\"{row.Percent}\" is not a percentage, for example 80.");
            thresholds.Add(new BudgetThreshold(percent, row.Basis, row.Action));
        }

        var (scope, unknown) = ReadScope(Scope, projects);
        if (scope is null) return (null, unknown);
        var budget = new Budget(id, Name.Trim(), amount)
        {
            Scope = scope,
            Currency = Currency.Trim().ToUpperInvariant(),
            Cycle = Cycle,
            TimeZone = TimeZone.Trim(),
            RollOver = RollOver,
            Owner = Owner.Trim(),
            Thresholds = thresholds,
            CeilingPerUnpricedCall = ceiling,
            Channels = [.. Channels],
        };
        return budget.FindProblem() is { } problem ? (null, problem) : (budget, null);
    }

    /// <summary>A scope as it is filled in.</summary>
    internal static IEnumerable<ScopeRow> RowsOf(SpendScope scope, IReadOnlyDictionary<string, string> projects) =>
        scope.Parts.Select(part => new ScopeRow { Dimension = part.Dimension, Values = string.Join('\n', part.Values.Select(value => BudgetTexts.Value(part.Dimension, value, projects))) });

    /// <summary>What was filled in as a scope, or what is wrong, for people.</summary>
    internal static (SpendScope? Scope, string? Problem) ReadScope(IEnumerable<ScopeRow> rows, IReadOnlyDictionary<string, string> projects)
    {
        var ids = projects.GroupBy(project => project.Value, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().Key, StringComparer.Ordinal);
        var scope = SpendScope.Everything;
        foreach (var group in rows.GroupBy(row => row.Dimension))
        {
            var values = group.SelectMany(row => row.Values.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
            if (values.Count == 0) continue;
            if (group.Key == ScopeDimension.Project && values.Find(value => !ids.ContainsKey(value) && !projects.ContainsKey(value)) is { } unknown) return (null, $"There is no project \"{unknown}\".");
            scope = scope.And(group.Key, [.. values.Select(value => value == NotTold ? "" : group.Key == ScopeDimension.Project ? ids.GetValueOrDefault(value, value) : value)]);
        }

        return (scope.Normalised(), null);
    }

    private void Add(IEnumerable<BudgetThreshold> thresholds)
    {
        foreach (var threshold in thresholds) Thresholds.Add(new ThresholdRow { Percent = threshold.PercentText, Basis = threshold.Basis, Action = threshold.Action });
    }

    private static bool TryAmount(string text, out decimal amount) => decimal.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out amount);

    private static string Text(decimal amount) => amount.ToString("0.############", CultureInfo.InvariantCulture);
}
