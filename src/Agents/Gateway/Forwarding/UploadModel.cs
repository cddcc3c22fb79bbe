using System.Text;
using Microsoft.Net.Http.Headers;

namespace FinOps.Gateway.Forwarding;

/// <summary>Which model an upload names: the field <c>model</c> of a form (RFC 7578), read while the form passes, whatever stands before it. What is in the other fields is not kept.</summary>
internal sealed class UploadModel
{
    /// <summary>Of a part's head. Default 8 KiB; of a form with a longer one nothing is read.</summary>
    private const int MaxHeadBytes = 8 << 10;

    /// <summary>Of the name. Default 256.</summary>
    private const int MaxModelBytes = 256;

    private readonly byte[] _boundary;
    private byte[] _kept = [];
    private Place _place = Place.Between;

    private UploadModel(string boundary) => _boundary = Encoding.ASCII.GetBytes("--" + boundary);

    private enum Place
    {
        /// <summary>Before the next part.</summary>
        Between,
        Head,
        Model,

        /// <summary>It is known, or will not be.</summary>
        Done,
    }

    /// <summary>Empty: none was named so far.</summary>
    public string Model { get; private set; } = "";

    /// <summary>Null: the content is no form.</summary>
    public static UploadModel? Of(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase) && HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= 70 } boundary
            ? new UploadModel(boundary.ToString()) : null;

    /// <summary>The next bytes of the form.</summary>
    public void Take(ReadOnlySpan<byte> piece)
    {
        if (_place == Place.Done) return;
        ReadOnlySpan<byte> all = _kept.Length == 0 ? piece : [.. _kept, .. piece];
        while (Step(ref all))
        {
            // On to the next place.
        }

        _kept = _place == Place.Done ? [] : all.ToArray();
    }

    /// <summary>False: there is nothing more to be read of these bytes; what is left of them is looked at again with the next.</summary>
    private bool Step(ref ReadOnlySpan<byte> all)
    {
        switch (_place)
        {
            case Place.Between when all.IndexOf(_boundary) is >= 0 and var at:
                all = all[(at + _boundary.Length)..];
                _place = Place.Head;
                return true;
            case Place.Between:
                all = all[Math.Max(0, all.Length - _boundary.Length + 1)..];
                return false;
            case Place.Head when all.IndexOf("\r\n\r\n"u8) is >= 0 and var at:
                _place = NamesModel(all[..at]) ? Place.Model : Place.Between;
                all = all[(at + 4)..];
                return true;
            case Place.Head:
                if (all.Length > MaxHeadBytes) _place = Place.Done;
                return false;
            case Place.Model when all.IndexOf((byte)'\r') is >= 0 and <= MaxModelBytes and var at:
                Model = Encoding.UTF8.GetString(all[..at]);
                _place = Place.Done;
                return false;
            case Place.Model:
                if (all.Length > MaxModelBytes) _place = Place.Done;
                return false;
            default:
                return false;
        }
    }

    private static bool NamesModel(ReadOnlySpan<byte> head)
    {
        foreach (var line in Encoding.UTF8.GetString(head).Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
            if (line.StartsWith("Content-Disposition:", StringComparison.OrdinalIgnoreCase) && ContentDispositionHeaderValue.TryParse(line[20..].Trim(), out var disposition)) return HeaderUtilities.RemoveQuotes(disposition.Name) == "model";
        return false;
    }
}
