using FinOps.Analytics.Channels;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using FinOps.Web.Features.Budgets;

namespace FinOps.Web.Features.Channels;

/// <summary>What a person fills in to make or change a route. Knows nothing of rendering.</summary>
public sealed class RouteForm
{
    /// <summary>Null for a new one.</summary>
    public RecordedRoute? Seen { get; private init; }
    public string Name { get; set; } = "";

    /// <summary>None = of all.</summary>
    public HashSet<AlertKind> Kinds { get; } = [];
    public AlertSeverity Least { get; set; } = AlertSeverity.Notice;
    public HashSet<Guid> Channels { get; } = [];
    public List<BudgetForm.ScopeRow> Scope { get; } = [];

    /// <param name="row">As it is.</param>
    /// <param name="projects">Names by id.</param>
    /// <param name="channels">Those that are there: one that was removed is not kept.</param>
    public static RouteForm Of(RecordedRoute row, IReadOnlyDictionary<string, string> projects, IEnumerable<Guid> channels)
    {
        var route = row.ToRoute();
        var form = new RouteForm { Seen = row, Name = route.Name, Least = route.Least };
        form.Kinds.UnionWith(route.Kinds);
        form.Channels.UnionWith(route.Channels.Intersect(channels));
        form.Scope.AddRange(BudgetForm.RowsOf(route.Scope, projects));
        return form;
    }

    /// <summary>The route, or what is wrong, for people.</summary>
    /// <param name="id">Of a new one.</param>
    /// <param name="projects">Names by id.</param>
    public (AlertRoute? Route, string? Problem) ToRoute(Guid id, IReadOnlyDictionary<string, string> projects)
    {
        var (scope, problem) = BudgetForm.ReadScope(Scope, projects);
        if (scope is null) return (null, problem);
        var route = new AlertRoute(Seen?.Id ?? id, Name.Trim()) { Kinds = [.. Kinds], Least = Least, Channels = [.. Channels], Scope = scope };
        problem = route.FindProblem();
        return problem is null ? (route, null) : (null, problem);
    }
}
