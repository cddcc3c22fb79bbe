using System.Runtime.InteropServices;

namespace FinOps.Embedded.ClickHouseHost;

/// <summary>The whole ClickHouse inside libchdb.so, run the way its own command line runs it.</summary>
internal sealed unsafe class Engine
{
    private readonly delegate* unmanaged[Cdecl]<int, byte**, nint> _queryCommandLine;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*> _resultError;

    public Engine(string library)
    {
        var handle = NativeLibrary.Load(library);
        _queryCommandLine = (delegate* unmanaged[Cdecl]<int, byte**, nint>)NativeLibrary.GetExport(handle, "chdb_query_cmdline");
        _resultError = (delegate* unmanaged[Cdecl]<nint, byte*>)NativeLibrary.GetExport(handle, "chdb_result_error");
    }

    /// <summary>Serves until <paramref name="hold"/> ends. Ending it by KILL QUERY is the normal stop.</summary>
    public int Run(string config, string hold)
    {
        string[] arguments = ["clickhouse", "--config-file", config, "--query", $"SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; {hold}"];
        // Freed by the end of the process: the engine keeps pointers into them.
        var argv = (byte**)NativeMemory.AllocZeroed((nuint)arguments.Length + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < arguments.Length; i++)
            argv[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);

        var result = _queryCommandLine(arguments.Length, argv);
        var error = result == 0 ? null : Marshal.PtrToStringUTF8((nint)_resultError(result));
        if (string.IsNullOrEmpty(error) || error.Contains("QUERY_WAS_CANCELLED", StringComparison.Ordinal))
            return 0;

        Console.Error.WriteLine(error);
        return 1;
    }
}
