namespace FinOps.Domain.Bills;

/// <summary>Why a bill and our figures differ, in the order in which <see cref="Reconciliation"/> looks for it. The names are stored with adjustments: never rename.</summary>
public enum ResidualCause
{
    /// <summary>The bill cuts its days elsewhere: our cost by its days, less our cost by ours.</summary>
    TimeZone,

    /// <summary>A tax, credit, purchase or adjustment, which no call stands behind.</summary>
    NotUsage,

    /// <summary>The bill's words are not mapped to a model yet.</summary>
    Unmapped,

    /// <summary>Lines that repeat another line of the bill word by word, as far as the bill exceeds our figures.</summary>
    Duplicates,

    /// <summary>Units of calls that no price matched, at the bill's price, as far as the bill has more units.</summary>
    Unpriced,

    /// <summary>Calls that told no usage, each with the average of those that did, at the bill's price, as far as the bill still has more units.</summary>
    MissingUsage,

    /// <summary>Cache writes that the bill has for an hour and we took for five minutes: their number × the difference of the two prices.</summary>
    CacheWriteLife,

    /// <summary>Another share of the units went as a batch: common units × the difference of the shares × the difference of the prices.</summary>
    Batch,

    /// <summary>Other shares by service tier, in the same way.</summary>
    ServiceTier,

    /// <summary>Other shares by region, in the same way.</summary>
    Region,

    /// <summary>Units in the bill that no call of ours tells, at the bill's price.</summary>
    NotSeen,

    /// <summary>Units of our calls that the bill does not have, at our price.</summary>
    NotBilled,

    /// <summary>The bill's unit price differs, by the same price on every day: common units × the difference, less what the causes before it took of it.</summary>
    PriceDiffers,
}
