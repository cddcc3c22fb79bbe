using System.Globalization;

namespace FinOps.Analytics.Bills;

/// <summary>What is wrong in a file, and where.</summary>
/// <param name="Line">Line of the file, the first is 1; 0 for the file as a whole.</param>
/// <param name="Column">Name of the column; empty for the line as a whole.</param>
/// <param name="ColumnNumber">The first is 1; 0 for the line as a whole.</param>
/// <param name="Found">What stands there, shortened.</param>
/// <param name="Expected">What should.</param>
public sealed record BillError(int Line, string Column, int ColumnNumber, string Found, string Expected)
{
    private const int MaxFound = 60;

    public static BillError At(long line, string column, int index, string found, string expected) =>
        new((int)line, column, index + 1, found.Length <= MaxFound ? found : found[..MaxFound] + "…", expected);

    public override string ToString()
    {
        var place = Line == 0 ? "The file" : ColumnNumber == 0 ? string.Create(CultureInfo.InvariantCulture, $"Line {Line}") : string.Create(CultureInfo.InvariantCulture, $"Line {Line}, column {ColumnNumber} ({Column})");
        return Found.Length == 0 ? $"{place}: {Expected}" : $"{place}: found \"{Found}\", expected {Expected}";
    }
}
