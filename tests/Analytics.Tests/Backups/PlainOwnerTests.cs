using FinOps.Analytics.Audit;
using FinOps.Analytics.Backups;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FinOps.Analytics.Tests.Backups;

/// <summary>An owner whom row-level security holds, as a managed PostgreSQL gives one. It makes the application's login, so that it has a PostgreSQL of its own.</summary>
public sealed class PlainOwnerTests(PriceBookFixture fixture) : IClassFixture<PriceBookFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BackupAndRestore_AsAnOwnerHeldByPolicies_KeepAllRowsAndThePolicies()
    {
        await using var services = await fixture.CreateForPlainOwnerAsync();
        var keys = services.GetRequiredService<AccessKeys>();
        List<string> tokens = [];
        foreach (var name in (string[])["One", "Two"])
        {
            var tenant = await services.GetRequiredService<Tenants>().EnsureAsync(name, Token);
            tokens.Add((await keys.CreateAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Ingest, "key"), Actor.Start, Token)).Token);
        }

        var app = services.GetRequiredService<NpgsqlDataSource>();
        await using var owner = NpgsqlDataSource.Create(services.GetRequiredService<PostgresOptions>().ForOwner()!);
        var file = Path.Combine(Path.GetTempPath(), $"finops-{Guid.NewGuid():N}.finops");
        try
        {
            using (var writer = BackupWriter.Create(file))
            {
                var content = await new PostgresBackup(owner).WriteAsync(writer, new Progress<string>(), Token);
                Assert.Equal((2, 2), (content.Tables.Single(table => table.Name == "tenants").Rows, content.Tables.Single(table => table.Name == "access_keys").Rows));
                Assert.True(content.Tables.Single(table => table.Name == "audit_entries").Rows > 0);
                await writer.CompleteAsync(
                    new BackupManifest { Format = BackupManifest.CurrentFormat, Version = "0", TakenAt = default, Postgres = content, ClickHouse = new ClickHouseContent("", 1, []), Files = [] }, Token);
            }

            Assert.Null(await PostgresAccess.FindWeaknessAsync(app, Token));
            Assert.True(await PostgresRestore.HasRowsAsync(owner, Token));

            using var reader = await BackupReader.OpenAsync(file, Token);
            await new PostgresRestore(owner, reader.Manifest.Postgres).RunAsync(reader, new Progress<string>(), Token);
            await services.GetRequiredService<PostgresMigrator>().MigrateAsync(Token);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Null(await PostgresAccess.FindWeaknessAsync(app, Token));
        foreach (var token in tokens) Assert.NotNull(await keys.FindAsync(AccessKeyToken.Hash(token), Token));
        await using var unscoped = app.CreateCommand("SELECT count(*) FROM finops.access_keys");
        Assert.Equal(0L, await unscoped.ExecuteScalarAsync(Token));
    }

    /// <summary>As managed services have it: the owner may make roles and is no superuser, so the policies hold for it, too.</summary>
    [Fact]
    public async Task Owner_WhoIsNoSuperuser_CanMigrateAndIsHeldByThePolicies()
    {
        await using var services = await fixture.CreateForPlainOwnerAsync();
        var (tenants, keys) = (services.GetRequiredService<Tenants>(), services.GetRequiredService<AccessKeys>());
        var tenant = await tenants.EnsureAsync("Managed Ltd", Token);
        var made = await keys.CreateAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Api, "k"), Actor.Start, Token);

        Assert.Equal(tenant.Id, (await keys.FindAsync(AccessKeyToken.Hash(made.Token), Token))?.Tenant);
        await keys.RecordUseAsync([new KeyUse(made.Id, DateTimeOffset.UnixEpoch)], Token);
        Assert.Equal(DateTimeOffset.UnixEpoch, Assert.Single(await keys.ListAsync(tenant.Id, Token)).LastUsedAt);
        Assert.Equal(tenant, await tenants.EnsureAsync("Managed Ltd", Token));
        await using var owner = NpgsqlDataSource.Create(services.GetRequiredService<PostgresOptions>().ForOwner()!);
        await using var unscoped = owner.CreateCommand("SELECT count(*) FROM finops.access_keys");
        Assert.Equal(0L, await unscoped.ExecuteScalarAsync(Token));
    }
}
