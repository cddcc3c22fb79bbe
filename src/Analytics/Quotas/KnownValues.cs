using System.Data.Common;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Quotas;

/// <summary>The values of one tag that the tenant's calls have, from the roll-ups: whole days, and the cells of the last two days, which may not be in a day yet.</summary>
internal sealed record KnownValues(TenantId Tenant, Tag Tag, DateTimeOffset From, DateTimeOffset Now, long Limit) : IClickHouseQuestion<string>, IUnmetered
{
    public string Compose(string sql) => TagRollUps.Compose(sql, Tag);

    public void Bind(StatementParameters parameters) => parameters.Add(Tenant)
        .AddMicros("from", From).AddMicros("recent", Now - TagRollUps.Recent).Add("limit", (ulong)Limit);

    public string Read(DbDataReader row) => row.GetString(0);
}

/// <summary>How many values each limited tag has.</summary>
internal sealed record DistinctValues(TenantId Tenant, DateTimeOffset From, DateTimeOffset Now) : IClickHouseQuestion<(Quota Quota, long Values)>
{
    public string Compose(string sql) => string.Join("\nUNION ALL\n", TagRollUps.Limited.Select(tag => TagRollUps.Compose(sql, tag)));

    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).AddMicros("from", From).AddMicros("recent", Now - TagRollUps.Recent);

    public (Quota Quota, long Values) Read(DbDataReader row) => (Enum.Parse<Quota>(row.GetString(0)), SpendMeasures.ReadCount(row, 1));
}

/// <summary>Where the roll-ups keep a tag: the only place where one becomes a column here.</summary>
internal static class TagRollUps
{
    /// <summary>Cells of days that may not be summed up yet.</summary>
    public static readonly TimeSpan Recent = TimeSpan.FromDays(2);

    /// <summary>The tags that have a quota.</summary>
    public static readonly IReadOnlyList<Tag> Limited = [.. Enum.GetValues<Tag>().Where(tag => QuotaTable.OfTag(tag) is not null)];

    public static string Compose(string sql, Tag tag)
    {
        var (cells, days) = tag is Tag.User or Tag.Customer ? ("roll_up_people", DayTable.Users.Name) : ("roll_up_spend", DayTable.Spend.Name);
        return sql.Replace("{{quota}}", QuotaTable.OfTag(tag).ToString(), StringComparison.Ordinal)
            .Replace("{{column}}", tag.ToString().ToLowerInvariant(), StringComparison.Ordinal)
            .Replace("{{cells}}", cells, StringComparison.Ordinal)
            .Replace("{{days}}", days, StringComparison.Ordinal);
    }
}
