using System.Security.Cryptography;
using FinOps.Domain.Pricing;

namespace FinOps.Analytics.Prices;

/// <summary>
/// The public price list that is shipped inside the program (exported by <c>engines/export-prices.mjs</c>), so that no process needs Node or
/// the network to know prices, and a process that cannot reach PostgreSQL yet rates like all others.
/// </summary>
public sealed class PublicCatalogue
{
    private const string Resource = "prices/catalogue.json";

    private static readonly Lazy<PublicCatalogue> ShippedOnce = new(Load);

    private PublicCatalogue(byte[] file)
    {
        Catalogue = PriceCatalogue.Parse(file);
        Sha256 = SHA256.HashData(file);
    }

    public static PublicCatalogue Shipped => ShippedOnce.Value;

    public PriceCatalogue Catalogue { get; }
    public byte[] Sha256 { get; }

    /// <exception cref="FormatException">The file is not a catalogue that we understand.</exception>
    public static PublicCatalogue Read(byte[] file) => new(file);

    private static PublicCatalogue Load()
    {
        using var stream = typeof(PublicCatalogue).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The resource {Resource} is missing from the build.");
        var file = new byte[stream.Length];
        stream.ReadExactly(file);
        return new PublicCatalogue(file);
    }
}
