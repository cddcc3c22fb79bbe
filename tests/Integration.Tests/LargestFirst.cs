using Xunit.Sdk;
using Xunit.v3;

namespace FinOps.Integration.Tests;

/// <summary>Collections of several classes run one test after another: begun last, one of them would be all that runs in the end.</summary>
public sealed class LargestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(static collection => collection is IXunitTestCollection { CollectionDefinition: null })];
}
