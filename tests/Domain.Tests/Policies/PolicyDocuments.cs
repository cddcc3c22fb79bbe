using System.Text;
using FinOps.Domain.Policies;

namespace FinOps.Domain.Tests.Policies;

/// <summary>Documents for tests, as people write them.</summary>
internal static class PolicyDocuments
{
    public const string Limit = """{"id":"cap","name":"Cap","kind":"output_limit","match":{"feature":"summaries"},"body":{"max_tokens":400}}""";

    public static string Bundle(params string[] policies) => $$"""{"schema":1,"version":7,"policies":[{{string.Join(',', policies)}}]}""";

    /// <summary>A policy whose parts are told as JSON.</summary>
    public static string Policy(string kind, string body, string match = """{"all":true}""", string more = "", string id = "p") =>
        $$"""{"id":"{{id}}","name":"P","kind":"{{kind}}","match":{{match}},"body":{{body}}{{more}}}""";

    public static PolicyBundle Read(string json)
    {
        var (bundle, errors) = PolicyBundleReader.Read(Encoding.UTF8.GetBytes(json));
        Assert.Empty(errors);
        return bundle!;
    }

    public static IReadOnlyList<PolicyError> Errors(string json)
    {
        var (bundle, errors) = PolicyBundleReader.Read(Encoding.UTF8.GetBytes(json));
        Assert.Null(bundle);
        Assert.NotEmpty(errors);
        return errors;
    }
}
