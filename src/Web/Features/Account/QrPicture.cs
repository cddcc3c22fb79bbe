using System.Globalization;
using System.Text;
using QRCoder;

namespace FinOps.Web.Features.Account;

/// <summary>A QR code as one SVG path in the page: nothing is loaded, and no key leaves the server but to its owner.</summary>
/// <param name="Size">Modules a side, with the quiet zone around.</param>
/// <param name="Path">The dark modules, each a square.</param>
internal sealed record QrPicture(int Size, string Path)
{
    public static readonly QrPicture Empty = new(1, "");

    public static QrPicture Of(string text)
    {
        using var code = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        var rows = code.ModuleMatrix;
        var path = new StringBuilder();
        for (var y = 0; y < rows.Count; y++)
        {
            for (var x = 0; x < rows[y].Count; x++)
                if (rows[y][x]) path.Append(CultureInfo.InvariantCulture, $"M{x} {y}h1v1h-1z");
        }

        return new QrPicture(rows.Count, path.ToString());
    }
}
