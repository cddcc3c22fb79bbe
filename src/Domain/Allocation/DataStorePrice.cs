namespace FinOps.Domain.Allocation;

/// <summary>What one meter of a vector database or of a bucket's tier costs.</summary>
public sealed record DataStorePrice
{
    public const int MaxTextLength = 120;
    public const decimal MaxPrice = 100_000;

    public Guid Id { get; init; }

    /// <summary>The product or provider as the telemetry names it: qdrant, pinecone, aws.s3.</summary>
    public required string System { get; init; }

    /// <summary>What it is for, with <c>*</c> for any characters: hosts where a node is paid, else collections or buckets.</summary>
    public required string Places { get; init; }

    /// <summary>Of a bucket: standard, glacier …, with <c>*</c> for any characters. Empty for a vector database.</summary>
    public string Tier { get; init; } = "";

    public required DataStoreMeter Meter { get; init; }

    /// <summary>USD for as many as <see cref="DataStoreMeters.UnitSize"/> says.</summary>
    public required decimal Price { get; init; }

    public required DateTimeOffset ValidFrom { get; init; }

    /// <summary>Null = until further notice.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    public bool HoldsAt(DateTimeOffset instant) => ValidFrom <= instant && (ValidTo is null || instant < ValidTo);

    /// <summary>The row as it is stored and compared: without spaces around, names in one spelling, any tier where a bucket's is left out.</summary>
    public DataStorePrice Normal() => this with
    {
        System = System.Trim().ToLowerInvariant(),
        Places = Places.Trim().ToLowerInvariant(),
        Tier = DataStoreMeters.KindOf(Meter) == DataStoreKind.Bucket && Tier.Trim().Length == 0 ? "*" : Tier.Trim().ToLowerInvariant(),
        ValidFrom = ValidFrom.ToUniversalTime(),
        ValidTo = ValidTo?.ToUniversalTime(),
    };

    /// <summary>Null, or what is wrong with a <see cref="Normal"/> row and what is allowed.</summary>
    public string? FindProblem() =>
        System.Length is 0 or > MaxTextLength ? $"Name the product or provider, for example qdrant or aws.s3, in at most {MaxTextLength} characters."
        : Places.Length is 0 or > MaxTextLength ? $"Say which hosts, collections or buckets the price is for, * for all, in at most {MaxTextLength} characters."
        : Tier.Length > MaxTextLength ? $"A tier has at most {MaxTextLength} characters."
        : (System + Places + Tier).Any(char.IsControl) ? "Names have no control characters."
        : !Enum.IsDefined(Meter) ? "There is no such meter."
        : Tier.Length > 0 && DataStoreMeters.KindOf(Meter) == DataStoreKind.VectorDatabase ? "Only buckets have tiers."
        : Price is < 0 or > MaxPrice ? $"A price is 0 to {MaxPrice:0} USD."
        : Price != ExactShares.Round(Price) ? $"A price has at most {ExactShares.Decimals} decimals."
        : !DeviceTime.IsCell(ValidFrom) || (ValidTo is { } to && !DeviceTime.IsCell(to)) ? "A price begins and ends on a quarter hour: 00, 15, 30 or 45 minutes."
        : ValidTo <= ValidFrom ? "A price ends after it begins."
        : null;
}
