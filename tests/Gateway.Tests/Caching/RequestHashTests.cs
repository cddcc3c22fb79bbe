using System.Text;
using CsCheck;
using FinOps.Domain.Policies;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Tests.Caching;

public sealed class RequestHashTests
{
    private static readonly Provider Openai = new("openai", ProviderKind.OpenAi, new Uri("https://api.openai.com/v1"), "k", false, false, true, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

    private static readonly CompiledPolicy Policy = PolicySnapshot.Create(PolicyBundle.Empty with { Policies = [new Policy { Id = "keep", Name = "Keep", Match = PolicyMatch.Everything, Body = new ExactCache(60) }] }).Policies[0];

    /// <summary>Tokens, with texts that hold quotes, spaces and brackets themselves.</summary>
    private static readonly Gen<string> Value = Gen.OneOf("1", "-2.5e3", "true", "null", "\"\"", "\" a b \"", "\"\\\"{ \"", "\"\\\\\"", "[1,2]", "[]", "{\"b\":[\"x y\",{\"c\":null}]}", "\"\\u0020\"");

    private static CacheKey KeyOf(string json, string owner = "tenant") => KeyOf(Encoding.UTF8.GetBytes(json), owner);

    private static CacheKey KeyOf(byte[] body, string owner = "tenant")
    {
        var facts = BodyFacts.Read(body, Operation.Chat);
        Assert.Equal(BodyFault.None, facts.Fault);
        return RequestHash.Of(owner, Policy, Openai, "chat/completions", "m", false, body, facts.All!);
    }

    /// <summary>The tokens of a value apart, as other writers of JSON put them.</summary>
    private static string Apart(string value)
    {
        var (text, inString) = (new StringBuilder(), false);
        for (var i = 0; i < value.Length; i++)
        {
            if (inString && value[i] == '\\')
            {
                text.Append(value[i++]).Append(value[i]);
                continue;
            }

            if (value[i] == '"') inString = !inString;
            text.Append(value[i]);
            if (!inString && value[i] is ',' or ':' or '[' or '{' or '"') text.Append(inString ? "" : " \n\t");
        }

        return text.ToString();
    }

    [Fact]
    public void Question_WithOtherSpacesAndOrder_IsTheSame_AndOneWithAnotherValueIsNot() => Gen.Select(Value.Array[1, 6], Value, Gen.Int[0, 5]).Sample((values, other, at) =>
    {
        at %= values.Length;
        var fields = values.Select((value, i) => $"\"f{i}\":{value}").ToList();
        var key = KeyOf($"{{{string.Join(',', fields)}}}");
        Assert.Equal(key, KeyOf($"{{ {string.Join(" , ", Enumerable.Reverse(fields).Select(Apart))} }}"));
        Assert.NotEqual(key, KeyOf($"{{{string.Join(',', fields)}}}", "key another"));
        if (values[at] == other) return;
        fields[at] = $"\"f{at}\":{other}";
        Assert.NotEqual(key, KeyOf($"{{{string.Join(',', fields)}}}"));
    });

    [Fact]
    public void WhoAsks_AndAnEscapedName_MakeNoOtherQuestion()
    {
        var key = KeyOf("""{"messages":[],"temperature":0}""");
        Assert.Equal(key, KeyOf("""{"user":"ann","messages":[],"temperature":0,"metadata":{"a":"b"}}"""));
        Assert.Equal(key, KeyOf("""{"m\u0065ssages":[],"temperature":0,"us\u0065r":"bob"}"""));
        Assert.NotEqual(key, KeyOf("""{"messages":[],"temperature":0,"seed":1}"""));
    }

    [Fact]
    public void Names_ThatAreNoText_AreHashed()
    {
        byte[] Body(byte letter) => [.. "{\""u8, .. Enumerable.Repeat(letter, 5_000), .. "\":1,\"ü\":2}"u8];
        var (first, again, other) = (Body(0xff), Body(0xff), Body((byte)'a'));

        Assert.Equal(KeyOf(first), KeyOf(again));
        Assert.NotEqual(KeyOf(first), KeyOf(other));
    }
}
