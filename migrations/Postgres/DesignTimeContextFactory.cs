using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Npgsql;

namespace FinOps.Migrations.Postgres;

/// <summary>Lets <c>dotnet ef migrations add</c> build the model without a server. It never connects.</summary>
internal sealed class DesignTimeContextFactory : IDesignTimeDbContextFactory<FinOpsDbContext>
{
    public FinOpsDbContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<FinOpsDbContext>();
        PostgresExtensions.Use(options, NpgsqlDataSource.Create("Host=localhost;Database=design"));
        return new FinOpsDbContext(options.Options);
    }
}
