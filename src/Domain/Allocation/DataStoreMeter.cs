namespace FinOps.Domain.Allocation;

/// <summary>What keeps the data. Names and numbers are stored; never change them.</summary>
public enum DataStoreKind
{
    VectorDatabase = 0,
    Bucket = 1,
}

/// <summary>What a vector database or a bucket is paid by. Names and numbers are stored; never change them.</summary>
public enum DataStoreMeter
{
    /// <summary>An hour of one node or pod: of one host that tells anything.</summary>
    NodeHours = 0,

    /// <summary>A GB of memory for an hour.</summary>
    MemoryGigabyteHours = 1,

    /// <summary>A GB on disk for a month.</summary>
    DiskGigabyteMonths = 2,

    /// <summary>A million read units; of a product that tells none, a million reading operations.</summary>
    ReadUnits = 3,

    /// <summary>A million write units; of a product that tells none, a million writing operations.</summary>
    WriteUnits = 4,

    /// <summary>A GB in a bucket's tier for a month.</summary>
    StorageGigabyteMonths = 5,

    /// <summary>A thousand reading operations on a bucket.</summary>
    StorageReads = 6,

    /// <summary>A thousand writing or listing operations on a bucket.</summary>
    StorageWrites = 7,

    /// <summary>A GB that leaves a bucket.</summary>
    EgressGigabytes = 8,
}

public static class DataStoreMeters
{
    /// <summary>2^30: what AWS calls a GB of S3 (its FAQ counts 10 TB as 10,995,116,277,760 bytes).</summary>
    public const decimal BytesPerGigabyte = 1_073_741_824;

    public static DataStoreKind KindOf(DataStoreMeter meter) => meter >= DataStoreMeter.StorageGigabyteMonths ? DataStoreKind.Bucket : DataStoreKind.VectorDatabase;

    /// <summary>Paid for a whole node, whatever collections lie in it.</summary>
    public static bool IsOfNode(DataStoreMeter meter) => meter is DataStoreMeter.NodeHours or DataStoreMeter.MemoryGigabyteHours;

    /// <summary>How many of the measured quantity one price buys.</summary>
    public static decimal UnitSize(DataStoreMeter meter) => meter switch
    {
        DataStoreMeter.ReadUnits or DataStoreMeter.WriteUnits => 1_000_000,
        DataStoreMeter.StorageReads or DataStoreMeter.StorageWrites => 1_000,
        _ => 1,
    };

    /// <summary>Hours of the month of UTC that the instant lies in, so that a GB kept for the whole of any month is one GB-month.</summary>
    public static int HoursOfMonth(DateTimeOffset instant) => 24 * DateTime.DaysInMonth(instant.UtcDateTime.Year, instant.UtcDateTime.Month);
}
