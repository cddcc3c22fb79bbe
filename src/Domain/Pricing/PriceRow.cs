using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Pricing;

/// <summary>
/// One price of the book: what one meter of one model costs at one seller, under which conditions, and when. An empty string or null means
/// "whatever it is". Immutable; a changed price is another row, and the old one is kept as superseded.
/// </summary>
public sealed record PriceRow
{
    /// <summary>No price for <see cref="UnitSize"/> units can be higher; a larger one is a mistake in its source.</summary>
    public const decimal MaxPrice = 1_000_000m;

    /// <summary>Who is paid: a vendor or a host, by the catalogue's name (<c>openai</c>, <c>aws</c>).</summary>
    public required string Provider { get; init; }

    /// <summary>Only for calls that tell exactly this <c>gen_ai.provider.name</c>, where one seller has several platforms; empty = all of them.</summary>
    public string HostPlatform { get; init; } = "";

    /// <summary>The entry's name in its source. Rows of one provider and model belong together.</summary>
    public required string Model { get; init; }

    /// <summary>The name to show.</summary>
    public string ModelName { get; init; } = "";

    /// <summary>Place among the provider's entries: the first one that matches a name is used.</summary>
    public int Ordinal { get; init; }

    /// <summary>Which model names this row is for.</summary>
    public required ModelMatch Match { get; init; }

    /// <summary>Largest input of the model in tokens, as published; 0 = unknown.</summary>
    public uint ContextWindow { get; init; }
    public bool Deprecated { get; init; }
    public required Meter Meter { get; init; }

    /// <summary>How many units <see cref="Price"/> is for.</summary>
    public required decimal UnitSize { get; init; }

    /// <summary>USD for <see cref="UnitSize"/> units.</summary>
    public required decimal Price { get; init; }

    /// <summary>The row is for attempts with more input tokens than this, cached ones included; 0 = the base price.</summary>
    public uint ContextStart { get; init; }

    /// <summary>Empty = standard; else <c>flex</c>, <c>priority</c>, <c>fast</c>.</summary>
    public string ServiceTier { get; init; } = "";
    public bool Batch { get; init; }
    public string Region { get; init; } = "";

    /// <summary>Only for calls that tell exactly this <see cref="Usage.CallReport.Variant"/>: quality and size of a picture.</summary>
    public string Variant { get; init; } = "";

    /// <summary>Time of the day in UTC from which on the row holds; it wraps over midnight if the end is earlier. Null = all day.</summary>
    public TimeOnly? DayStart { get; init; }
    public TimeOnly? DayEnd { get; init; }
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Exclusive; null = until further notice.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>Where the price was read, for example <c>@pydantic/genai-prices 0.1.8</c>. Not part of the id: the same price in a newer version is the same row.</summary>
    public string Source { get; init; } = "";

    /// <summary>Set for a tenant's own price, which goes before the public ones.</summary>
    public TenantId? Tenant { get; init; }

    /// <summary>Only for calls of this project: a price that was negotiated for one account. Null = all of the tenant's; it goes before those.</summary>
    public ProjectId? Project { get; init; }

    /// <summary>Set for a tenant's own price that was agreed in another currency; <see cref="Price"/> is what it is in USD.</summary>
    public AgreedPrice? Agreed { get; init; }

    /// <summary>A tenant's own price of the model that an alias leads to: it goes behind one for the told name itself.</summary>
    internal bool ThroughAlias { get; init; }

    /// <summary>
    /// Positive, and computed from what the row says, so that two installations, and the book in PostgreSQL and the one inside the program,
    /// give the same price the same id. What only describes a row (name, order, source) is not part of it.
    /// </summary>
    public long ComputeId()
    {
        var key = string.Create(CultureInfo.InvariantCulture,
            $"{Tenant?.Value}\n{Provider}\n{HostPlatform}\n{Model}\n{Match}\n{ContextWindow}\n{(byte)Meter}\n{UnitSize:0.############################}\n{Price:0.############################}\n{ContextStart}\n{ServiceTier}\n{Batch}\n{Region}\n{DayStart:HH:mm:ss}\n{DayEnd:HH:mm:ss}\n{ValidFrom?.UtcTicks}\n{ValidTo?.UtcTicks}");
        if (Variant.Length != 0) key += "\n" + Variant; // after the first release: rows without one keep their ids
        if (Project is { } project) key += "\n\n" + project; // likewise
        if (Agreed is { } agreed) key += "\n\n\n" + agreed; // likewise
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        var id = BinaryPrimitives.ReadInt64BigEndian(hash) & long.MaxValue;
        return id == 0 ? 1 : id;
    }
}
