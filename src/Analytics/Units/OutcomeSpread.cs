using System.Data.Common;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Units;

internal sealed record OutcomeSpread(ReadScope Scope, OutcomeCases Source) : IClickHouseQuestion<UnitSpread>
{
    public string Compose(string sql) => sql.Replace(SpendSource.Marker, Source.Text(), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters) => Source.Bind(parameters);

    public UnitSpread Read(DbDataReader row) => MemberSpread.ReadSpread(row);
}
