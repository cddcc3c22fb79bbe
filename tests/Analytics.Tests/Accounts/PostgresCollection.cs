using FinOps.Analytics.Tests.Prices;

namespace FinOps.Analytics.Tests.Accounts;

/// <summary>One PostgreSQL for all tests that need one; each takes a database of its own.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PriceBookFixture>
{
    public const string Name = "postgres";
}
