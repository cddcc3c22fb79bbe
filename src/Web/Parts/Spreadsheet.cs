namespace FinOps.Web.Parts;

/// <summary>What spreadsheets make of a file of ours.</summary>
internal static class Spreadsheet
{
    /// <summary>A text that a spreadsheet would run as a formula gets an apostrophe in front: tags and names come from outside.</summary>
    public static string Inert(string text) => text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + text : text;
}
