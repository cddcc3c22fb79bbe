namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>What a closed line or a correction is about.</summary>
/// <param name="Meter">Empty: a cost that no meter explains.</param>
public readonly record struct ClosedGroup(DateOnly Day, string Provider, string Model, string Meter, string Feature, string Team, string Customer);

/// <summary>Rows for <c>closed_lines</c>.</summary>
public sealed class ClosedLineBlock : NativeBlock
{
    private static readonly int Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    private readonly UuidColumn _tenantId;
    private readonly UuidColumn _closeId;
    private readonly UuidColumn _entryId;
    private readonly NumberColumn<byte> _isCorrection;
    private readonly NumberColumn<ushort> _bookedOn;
    private readonly NumberColumn<ushort> _day;
    private readonly LowCardinalityColumn _provider;
    private readonly LowCardinalityColumn _model;
    private readonly LowCardinalityColumn _meter;
    private readonly LowCardinalityColumn _feature;
    private readonly LowCardinalityColumn _team;
    private readonly StringColumn _customer;
    private readonly MoneyColumn _quantity;
    private readonly MoneyColumn _cost;

    public ClosedLineBlock() : base("closed_lines")
    {
        _tenantId = Uuid("tenant_id");
        _closeId = Uuid("close_id");
        _entryId = Uuid("entry_id");
        _isCorrection = Flag("is_correction");
        _bookedOn = Number<ushort>("booked_on", "Date");
        _day = Number<ushort>("day", "Date");
        _provider = Word("provider");
        _model = Word("model");
        _meter = Word("meter");
        _feature = Word("feature");
        _team = Word("team");
        _customer = Text("customer");
        _quantity = Keep(new MoneyColumn("quantity"));
        _cost = Keep(new MoneyColumn("cost"));
    }

    public void Append(Guid tenant, Guid close, Guid entry, bool isCorrection, DateOnly bookedOn, in ClosedGroup group, decimal quantity, decimal cost)
    {
        _tenantId.Append(tenant);
        _closeId.Append(close);
        _entryId.Append(entry);
        _isCorrection.Append(Bit(isCorrection));
        _bookedOn.Append((ushort)(bookedOn.DayNumber - Epoch));
        _day.Append((ushort)(group.Day.DayNumber - Epoch));
        _provider.Append(group.Provider);
        _model.Append(group.Model);
        _meter.Append(group.Meter);
        _feature.Append(group.Feature);
        _team.Append(group.Team);
        _customer.Append(group.Customer);
        _quantity.Append(quantity);
        _cost.Append(cost);
        Rows++;
    }
}
