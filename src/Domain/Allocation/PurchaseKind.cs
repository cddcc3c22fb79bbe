namespace FinOps.Domain.Allocation;

/// <summary>How the time of an accelerator is bought. Names and numbers are stored; never change them.</summary>
public enum PurchaseKind
{
    OnDemand = 0,

    /// <summary>Interruptible; its price moves, so each quarter hour is rated by the price that held in it.</summary>
    Spot = 1,
    Reserved = 2,

    /// <summary>Bought hardware: <see cref="OwnedHardware"/> gives the price of an hour.</summary>
    Owned = 3,
}
