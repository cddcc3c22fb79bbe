using System.Globalization;

namespace FinOps.Web.Roles;

/// <summary><c>DIR/finops.pid</c>: lets <c>./finops stop --data DIR</c> find the process.</summary>
internal sealed class PidFile : IDisposable
{
    private readonly string _path;
    private readonly string _text = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private PidFile(string path) => _path = path;

    public static PidFile Write(string dataFolder)
    {
        var file = new PidFile(Path.Combine(dataFolder, "finops.pid"));
        File.WriteAllText(file._path, file._text + "\n");
        return file;
    }

    public void Dispose()
    {
        // Only our own: a later process may have written its number already.
        if (File.Exists(_path) && File.ReadAllText(_path).Trim() == _text) File.Delete(_path);
    }
}
