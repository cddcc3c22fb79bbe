using FinOps.Domain.Pricing;

namespace FinOps.Domain.Tests.Pricing;

public sealed class ModelSuggestionsTests
{
    private static readonly (string Provider, string Model)[] Listed =
    [
        ("openai", "gpt-4"), ("openai", "gpt-4o"), ("openai", "gpt-4o-mini"), ("openai", "gpt-5"), ("openai", "gpt-5-mini"), ("openai", "o1"), ("openai", "text-embedding-3-small"),
        ("azure", "gpt-4o"), ("azure", "gpt-4o-mini"), ("anthropic", "claude-haiku-4-5"), ("anthropic", "claude-sonnet-4-5"), ("aws", "global.anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("groq", "llama-3.3-70b-versatile"), ("mistral", "mistral-large"), ("google", "gemini-2.5-flash"),
    ];

    [Theory]
    // The same but for date, separators, case, path and a host's prefix.
    [InlineData("openai", "GPT_4o-mini-2031-01-01", "openai", "gpt-4o-mini", SuggestionReason.SameName)]
    [InlineData("anthropic", "claude-haiku-4.5@20251001", "anthropic", "claude-haiku-4-5", SuggestionReason.SameName)]
    [InlineData("aws.bedrock", "eu.anthropic.claude-haiku-4-5-20251001-v2:0", "aws", "global.anthropic.claude-haiku-4-5-20251001-v1:0", SuggestionReason.SameName)]
    [InlineData("", "models/gemini_2_5_flash-preview", "google", "gemini-2.5-flash", SuggestionReason.SameName)]
    [InlineData("my-gateway", "meta-llama/Llama-3.3-70B-Versatile", "groq", "llama-3.3-70b-versatile", SuggestionReason.SameName)]
    // A deployment's name contains the model's; the longest one that does, at the seller that was told.
    [InlineData("azure.ai.openai", "prod-gpt-4o-mini-eu", "azure", "gpt-4o-mini", SuggestionReason.Contains)]
    [InlineData("azure.ai.openai", "team7gpt4o", "azure", "gpt-4o", SuggestionReason.Contains)]
    [InlineData("", "support-claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5", SuggestionReason.Contains)]
    // A slip of the pen.
    [InlineData("mistral_ai", "mistal-large", "mistral", "mistral-large", SuggestionReason.FewLetters)]
    [InlineData("openai", "text-embeding-3-small", "openai", "text-embedding-3-small", SuggestionReason.FewLetters)]
    public void AName_ThatIsNearAListedOne_IsTakenForIt(string told, string model, string provider, string expected, SuggestionReason reason)
    {
        var best = ModelSuggestions.For(told, model, Listed)[0];

        Assert.Equal((provider, expected, reason), (best.Provider, best.Model, best.Reason));
        Assert.InRange(best.Score, ModelSuggestions.LeastScore, 1);
    }

    [Theory]
    [InlineData("openai", "my-own-deployment")]
    [InlineData("openai", "proto1type")] // o1 is in it by chance
    [InlineData("openai", "gtp-6")] // another generation, not a misspelt gpt-5
    [InlineData("openai", "")]
    [InlineData("openai", "///")]
    public void AName_ThatIsNearNone_GetsNoSuggestion(string told, string model) => Assert.Empty(ModelSuggestions.For(told, model, Listed));

    [Fact]
    public void AModelOfWhichAllPricesAre0_IsSuggestedOnlyWhereNothingElseIsNear_AndSaysSo()
    {
        static bool IsFree(string provider, string model) => provider is "openai" or "mistral";

        var billed = ModelSuggestions.For("", "chat-gpt-4o-mini", Listed, isFree: IsFree);
        Assert.NotEmpty(billed);
        Assert.All(billed, found => Assert.True(found is { Provider: "azure", IsFree: false }));
        var free = Assert.Single(ModelSuggestions.For("", "mistal-large", Listed, isFree: IsFree));
        Assert.Equal(("mistral", true), (free.Provider, free.IsFree));
    }

    [Fact]
    public void Suggestions_AreTheBestFew_TheBestFirst()
    {
        var found = ModelSuggestions.For("azure.ai.openai", "chat-gpt-4o-mini", Listed, most: 2);

        Assert.Equal([("azure", "gpt-4o-mini"), ("openai", "gpt-4o-mini")], found.Select(one => (one.Provider, one.Model)));
        Assert.True(found[0].Score > found[1].Score);
    }
}
