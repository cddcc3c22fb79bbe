using FinOps.Analytics.Spend;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Budgets;

/// <summary>Scopes as questions about spend see them.</summary>
public static class ScopeDimensions
{
    /// <exception cref="ArgumentOutOfRangeException">Keys stand in no sum of calls.</exception>
    public static Dimension ToDimension(this ScopeDimension dimension) => dimension switch
    {
        ScopeDimension.Project => Dimension.Project,
        ScopeDimension.Feature => Dimension.Feature,
        ScopeDimension.Team => Dimension.Team,
        ScopeDimension.Customer => Dimension.Customer,
        ScopeDimension.User => Dimension.User,
        ScopeDimension.Model => Dimension.Model,
        ScopeDimension.Provider => Dimension.Provider,
        ScopeDimension.Service => Dimension.Service,
        ScopeDimension.Environment => Dimension.Environment,
        ScopeDimension.Session => Dimension.Session,
        _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, null),
    };

    public static SpendFilter ToFilter(this SpendScope scope) =>
        new([.. scope.Parts.Select(part => new DimensionFilter(part.Dimension.ToDimension(), part.Values))]);
}
