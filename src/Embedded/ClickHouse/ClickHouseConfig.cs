using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace FinOps.Embedded.ClickHouse;

/// <summary>The two configuration files, written anew at each start.</summary>
internal static class ClickHouseConfig
{
    private const long Mebibyte = 1L << 20;

    /// <summary>
    /// The engine runs as clickhouse-local, which starts no system log tables (query_log, metric_log, trace_log ...): nothing grows there.
    /// Its caches default to several gigabytes each; these are a laptop's.
    /// </summary>
    public static string Server(string path, string usersFile, string logFile, int httpPort, int tcpPort, long maxMemoryBytes)
    {
        var root = new XElement("clickhouse",
            new XElement("path", Path.Combine(path, "data") + "/"),
            new XElement("tmp_path", Path.Combine(path, "tmp") + "/"),
            new XElement("users_config", usersFile),
            new XElement("listen_host", "127.0.0.1"),
            new XElement("http_port", httpPort),
            new XElement("tcp_port", tcpPort),
            new XElement("timezone", "UTC"),
            // clickhouse-local overwrites logger.level with this; its default, trace, would log every statement.
            new XElement("log-level", "warning"),
            new XElement("logger",
                new XElement("log", logFile),
                new XElement("size", "5M"),
                new XElement("count", 3)),
            new XElement("max_server_memory_usage", maxMemoryBytes),
            new XElement("mark_cache_size", 64 * Mebibyte),
            new XElement("index_mark_cache_size", 16 * Mebibyte),
            new XElement("primary_index_cache_size", 64 * Mebibyte),
            new XElement("uncompressed_cache_size", 0),
            new XElement("vector_similarity_index_cache_size", 16 * Mebibyte),
            new XElement("text_index_tokens_cache_size", 16 * Mebibyte),
            new XElement("text_index_header_cache_size", 16 * Mebibyte),
            new XElement("text_index_postings_cache_size", 16 * Mebibyte),
            new XElement("background_pool_size", BackgroundPoolSize),
            new XElement("background_schedule_pool_size", 8),
            // Each pool entry counts twice (the concurrency ratio). The defaults suppose a pool of 32 and would let no mutation run in this one.
            new XElement("merge_tree",
                new XElement("number_of_free_entries_in_pool_to_execute_mutation", 2),
                new XElement("number_of_free_entries_in_pool_to_lower_max_size_of_merge", 2),
                new XElement("number_of_free_entries_in_pool_to_execute_optimize_entire_partition", 3)));
        return root.ToString();
    }

    /// <summary>
    /// The engine's own session is "default" without a password, so that user may open the listeners and read the numbers that the
    /// hold statement counts, and nothing else. The application's user may do everything; what further users may do stands in their elements.
    /// </summary>
    public static string Users(string user, string password, IEnumerable<XElement> more)
    {
        var loopback = new XElement("networks", new XElement("ip", "127.0.0.1"), new XElement("ip", "::1"));
        var root = new XElement("clickhouse",
            new XElement("profiles", new XElement("default")),
            new XElement("quotas", new XElement("default")),
            new XElement("users",
                new XElement("default",
                    new XElement("password"),
                    loopback,
                    new XElement("profile", "default"),
                    new XElement("quota", "default"),
                    new XElement("grants",
                        new XElement("query", "GRANT SYSTEM LISTEN ON *.*"),
                        new XElement("query", "GRANT SELECT ON system.numbers"))),
                new XElement(user,
                    new XElement("password_sha256_hex", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(password)))),
                    loopback,
                    new XElement("profile", "default"),
                    new XElement("quota", "default"),
                    new XElement("access_management", 1),
                    new XElement("named_collection_control", 1)),
                more));
        return root.ToString();
    }

    private static string BackgroundPoolSize => Math.Max(4, Environment.ProcessorCount).ToString(CultureInfo.InvariantCulture);
}
