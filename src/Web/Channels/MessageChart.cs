using SkiaSharp;

namespace FinOps.Web.Channels;

/// <summary>Bars of spend for a mail, with a line where the allowance is. Without letters: what it shows stands beside it as text, which every reader can read.</summary>
internal static class MessageChart
{
    public const int ShownWidth = 496;
    public const int ShownHeight = 120;

    /// <summary>Pixels of the image for each that is shown: sharp on dense screens.</summary>
    private const int Density = 2;

    private static readonly SKColor Bar = new(0x0b, 0x63, 0xbe);
    private static readonly SKColor Line = new(0xb3, 0x26, 0x1e);
    private static readonly SKColor Ground = new(0xff, 0xff, 0xff);
    private static readonly SKColor Base = new(0xdf, 0xe4, 0xea);

    /// <param name="bars">One for each period, 0 or more; those to come are missing.</param>
    /// <param name="places">How many periods there are.</param>
    /// <param name="line">Null without one.</param>
    public static byte[] Draw(IReadOnlyList<decimal> bars, int places, decimal? line)
    {
        var (width, height) = (ShownWidth * Density, ShownHeight * Density);
        using var bitmap = new SKBitmap(width, height);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(Ground);
        var highest = Math.Max(bars.DefaultIfEmpty(0).Max(), line ?? 0);
        var room = height - 6 * Density;
        var step = (float)width / Math.Max(1, Math.Max(places, bars.Count));
        using var fill = new SKPaint { Color = Bar, IsAntialias = true };
        for (var i = 0; i < bars.Count; i++)
        {
            var top = HeightOf(bars[i]);
            if (top > 0) canvas.DrawRect(SKRect.Create(i * step + step * 0.1f, height - 2 * Density - top, step * 0.8f, top), fill);
        }

        using var ground = new SKPaint { Color = Base, StrokeWidth = Density };
        canvas.DrawLine(0, height - Density, width, height - Density, ground);
        if (line is { } level)
        {
            using var mark = new SKPaint { Color = Line, StrokeWidth = 2 * Density, IsAntialias = true };
            var at = height - 2 * Density - HeightOf(level);
            canvas.DrawLine(0, at, width, at, mark);
        }

        canvas.Flush();
        using var image = SKImage.FromBitmap(bitmap);
        using var png = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        return png.ToArray();

        float HeightOf(decimal value) => highest <= 0 ? 0 : (float)(value / highest) * room;
    }
}
