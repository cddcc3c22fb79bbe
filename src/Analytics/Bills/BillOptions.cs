namespace FinOps.Analytics.Bills;

/// <summary>Limits of bills, their reconciliation and the close of books, section <c>FinOps:Bills</c>.</summary>
public sealed class BillOptions
{
    public const string Section = "FinOps:Bills";

    /// <summary>Bytes of a file. Default 52,428,800 (50 MiB).</summary>
    public long MaxFileBytes { get; set; } = 50 * 1024 * 1024;

    /// <summary>Lines of a bill. Default 100,000.</summary>
    public int MaxLines { get; set; } = 100_000;

    /// <summary>Errors of a file that are told; reading ends there. Default 50.</summary>
    public int MaxErrors { get; set; } = 50;

    /// <summary>Bytes of one line of the file. Default 262,144: a quote that is never closed ends there.</summary>
    public int MaxLineBytes { get; set; } = 256 * 1024;

    /// <summary>Days of one bill. Default 400.</summary>
    public int MaxDays { get; set; } = 400;

    /// <summary>Groups of hour × model × meter of ours that one reconciliation takes in. Default 1,000,000.</summary>
    public int MaxUsageLines { get; set; } = 1_000_000;

    /// <summary>Groups of day × model × meter × feature × team × customer that a month is closed with. Default 500,000.</summary>
    public int MaxClosedLines { get; set; } = 500_000;

    /// <summary>Minutes without a new call of a month before it can be closed. Default 60.</summary>
    public int QuietMinutes { get; set; } = 60;
}
