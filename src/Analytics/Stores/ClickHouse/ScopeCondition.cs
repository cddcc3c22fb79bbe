namespace FinOps.Analytics.Stores.ClickHouse;

/// <summary>How a statement keeps to the teams of a <see cref="FinOps.Domain.Tenancy.ReadScope"/> that is not a whole organisation's.</summary>
internal static class ScopeCondition
{
    public const string Parameter = "scopeTeams";

    public const string Text = "team IN {scopeTeams:Array(String)}";
}
