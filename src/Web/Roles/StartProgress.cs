using System.Globalization;

namespace FinOps.Web.Roles;

/// <summary>Tells the person at the keyboard each step of the start, with the seconds since it began.</summary>
internal sealed class StartProgress(TimeProvider clock, TextWriter output) : IProgress<string>
{
    private readonly long _began = clock.GetTimestamp();
    private readonly Lock _lock = new();

    public double ElapsedSeconds => clock.GetElapsedTime(_began).TotalSeconds;

    public void Report(string value)
    {
        lock (_lock) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{ElapsedSeconds,6:0.0} s] {value}"));
    }

    public void Write(string text)
    {
        lock (_lock) output.WriteLine(text);
    }
}
