using System.Data.Common;
using ClickHouse.Driver.ADO.Parameters;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Stores.ClickHouse;

/// <summary>
/// One statement = one sealed record with typed parameters + one embedded <c>.sql</c> file of the record's name beside it
/// (<c>SpendByDimension.cs</c>, <c>SpendByDimension.sql</c>). Values travel only as server-side parameters: <c>{tenant:UUID}</c>.
/// </summary>
public interface IClickHouseStatement
{
    /// <summary>Gives every parameter that the text names, the tenant first.</summary>
    void Bind(StatementParameters parameters);

    /// <summary>The place for variable grouping: replaces markers by columns from an enum's whitelist, and by nothing else.</summary>
    string Compose(string sql) => sql;
}

/// <summary>
/// A statement for the whole installation: it passes the row policies of all tenants, so it runs in a job, answers no request, and its text says in its
/// first line why. All others see the rows of the tenant that they bind.
/// </summary>
public interface IInstallationWide : IClickHouseStatement;

/// <summary>A question that nobody waits for at a page or the API: a job or the front door asks it for the installation's own sake, and no tenant's quota pays for it.</summary>
public interface IUnmetered
{
    /// <summary>False where the question is asked for a page or the API, too, and this time it is.</summary>
    bool IsUnmetered => true;
}

/// <summary>A statement that answers with rows.</summary>
public interface IClickHouseQuestion<out TRow> : IClickHouseStatement
{
    TRow Read(DbDataReader row);
}

/// <summary>Server-side parameters of one statement, each with its ClickHouse type.</summary>
public sealed class StatementParameters
{
    internal ClickHouseParameterCollection Collection { get; } = [];

    /// <summary>Whose rows the statement may see: row policies go by it, whatever the text says.</summary>
    internal TenantId? Tenant { get; private set; }

    public StatementParameters Add(string name, string clickHouseType, object? value)
    {
        Collection.Add(new ClickHouseDbParameter { ParameterName = name, ClickHouseType = clickHouseType, Value = value });
        return this;
    }

    /// <summary>The parameter <c>{tenant:UUID}</c>.</summary>
    public StatementParameters Add(TenantId tenant)
    {
        if (Tenant is not null && Tenant != tenant) throw new InvalidOperationException("A statement is about one tenant.");
        Tenant = tenant;
        return Add("tenant", "UUID", tenant.Value);
    }

    /// <summary>The tenant, and (limited to teams) the parameter of <see cref="ScopeCondition"/>.</summary>
    public StatementParameters Add(ReadScope scope)
    {
        Add(scope.Tenant);
        return scope.Teams is { } teams ? Add(ScopeCondition.Parameter, "Array(String)", teams.ToArray()) : this;
    }

    public StatementParameters Add(string name, string value) => Add(name, "String", value);

    public StatementParameters Add(string name, long value) => Add(name, "Int64", value);

    public StatementParameters Add(string name, ulong value) => Add(name, "UInt64", value);

    /// <summary>
    /// Microseconds since 1970-01-01 UTC, as <c>Int64</c>: the text converts with <c>fromUnixTimestamp64Micro({from:Int64}, 'UTC')</c>,
    /// which no session time zone can bend.
    /// </summary>
    public StatementParameters AddMicros(string name, DateTimeOffset instant) =>
        Add(name, "Int64", (instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
}
