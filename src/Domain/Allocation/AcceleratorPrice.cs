namespace FinOps.Domain.Allocation;

/// <summary>What an hour of one accelerator costs on the hosts that it is for.</summary>
public sealed record AcceleratorPrice
{
    public const int MaxTextLength = 120;
    public const decimal MaxPricePerHour = 100_000;

    public Guid Id { get; init; }

    /// <summary>Words that the name in the telemetry has: "H100" or "A100 80GB" for "NVIDIA A100-SXM4-80GB".</summary>
    public required string Accelerator { get; init; }

    /// <summary>Hosts it is for, with <c>*</c> for any characters; <c>*</c> alone is every host.</summary>
    public required string Hosts { get; init; }

    public string Provider { get; init; } = "";
    public string Region { get; init; } = "";
    public required PurchaseKind Purchase { get; init; }

    /// <summary>USD for an hour of one accelerator.</summary>
    public required decimal PricePerHour { get; init; }

    public required DateTimeOffset ValidFrom { get; init; }

    /// <summary>Null = until further notice.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    public bool HoldsAt(DateTimeOffset instant) => ValidFrom <= instant && (ValidTo is null || instant < ValidTo);

    /// <summary>The row as it is stored and compared: without spaces around, names in one spelling.</summary>
    public AcceleratorPrice Normal() => this with
    {
        Accelerator = string.Join(' ', AcceleratorName.Words(Accelerator)).ToUpperInvariant(),
        Hosts = Hosts.Trim().ToLowerInvariant(),
        Provider = Provider.Trim(),
        Region = Region.Trim(),
        ValidFrom = ValidFrom.ToUniversalTime(),
        ValidTo = ValidTo?.ToUniversalTime(),
    };

    /// <summary>Null, or what is wrong with a <see cref="Normal"/> row and what is allowed.</summary>
    public string? FindProblem() =>
        Accelerator.Length is 0 or > MaxTextLength ? $"Name the accelerator, for example H100, in at most {MaxTextLength} characters."
        : Hosts.Length is 0 or > MaxTextLength ? $"Say which hosts the price is for, * for all, in at most {MaxTextLength} characters."
        : Provider.Length > MaxTextLength || Region.Length > MaxTextLength ? $"Provider and region have at most {MaxTextLength} characters."
        : (Accelerator + Hosts + Provider + Region).Any(char.IsControl) ? "Names have no control characters."
        : !Enum.IsDefined(Purchase) ? "The purchase kind is on demand, spot, reserved or owned."
        : PricePerHour is < 0 or > MaxPricePerHour ? $"An hour costs 0 to {MaxPricePerHour:0} USD."
        : PricePerHour != ExactShares.Round(PricePerHour) ? $"A price has at most {ExactShares.Decimals} decimals."
        : !DeviceTime.IsCell(ValidFrom) || (ValidTo is { } to && !DeviceTime.IsCell(to)) ? "A price begins and ends on a quarter hour: 00, 15, 30 or 45 minutes."
        : ValidTo <= ValidFrom ? "A price ends after it begins."
        : null;
}
