using System.Collections.Concurrent;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <param name="Account">Null: nobody is signed in.</param>
/// <param name="Width">Of the window, in CSS pixels.</param>
/// <param name="Dark">What the reader's system prefers.</param>
/// <param name="MayBeRefused">Pages of it may answer 403, which a browser writes to the console.</param>
/// <param name="Again">In the browser context of the former visits like it, whose cache has the scripts already; only for what leaves nothing behind.</param>
public sealed record Visit(Account? Account, int Width = 1440, bool Dark = false, bool MayBeRefused = false, bool Again = false)
{
    /// <summary>Null: at the demo.</summary>
    public ServerProcess? At { get; init; }

    public const int PhoneWidth = 390;

    public bool IsPhone => Width == PhoneWidth;
}

/// <summary>Collects what the pages of a visit write to the console as errors, and exceptions that nobody caught.</summary>
public sealed class ConsoleWatch
{
    private readonly ConcurrentQueue<string> _errors = new();

    public ConsoleWatch(IPage page, bool mayBeRefused)
    {
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !(mayBeRefused && message.Text.Contains("status of 403", StringComparison.Ordinal))) _errors.Enqueue($"{page.Url}: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => _errors.Enqueue($"{page.Url}: {error}");
    }

    public IReadOnlyCollection<string> Errors => _errors;

    public void AssertNoError() => Assert.True(_errors.IsEmpty, "The console has errors:\n" + string.Join('\n', _errors));
}

/// <summary>What a failed visit leaves for whoever looks into it.</summary>
internal static class Failures
{
    public static async Task KeepAsync(IPage page, ConsoleWatch watch, string serverOutput)
    {
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "failures")).FullName;
        var name = string.Join('-', (TestContext.Current.Test?.TestDisplayName ?? "start").Split([.. Path.GetInvalidFileNameChars(), ' ', '"'], StringSplitOptions.RemoveEmptyEntries));
        name = Path.Combine(folder, name.Length > 120 ? name[^120..] : name);
        await File.WriteAllTextAsync(name + ".txt", $"{page.Url}\n\n{string.Join('\n', watch.Errors)}\n\n{serverOutput}\n");
        if (!page.IsClosed) await page.ScreenshotAsync(new PageScreenshotOptions { Path = name + ".png", FullPage = true });
    }
}
