using System.Text;
using FinOps.Domain.Policies.Classification;

namespace FinOps.Domain.Tests.Policies.Classification;

/// <summary>A case for each rule, and for what a rule must not take.</summary>
public sealed class GuessTaskTests
{
    private static readonly RequestShape Conversation = new() { IsConversation = true };

    [Theory]
    [InlineData("Is this spam? Answer yes or no.", 5, TaskKind.Intent)]
    [InlineData("Classify the sentiment: I love it.", null, TaskKind.Intent)]
    [InlineData("Classify the sentiment: I love it.", 64, TaskKind.Intent)]
    [InlineData("Classify the sentiment and explain at length.", 2000, TaskKind.Chat)]
    [InlineData("Extract all names and dates from this letter.", null, TaskKind.Extraction)]
    [InlineData("Write a function in Python that sorts a list.", null, TaskKind.Code)]
    [InlineData("What does this do?\n```\nx\n```", null, TaskKind.Code)]
    [InlineData("while (x < 3) { y = f(x); x = x + 1; } return y;", null, TaskKind.Code)]
    [InlineData("Is it fine; or not; or else = nothing?", null, TaskKind.Chat)]
    [InlineData("Write an essay about rivers.", null, TaskKind.LongForm)]
    [InlineData("Write an essay about rivers.", 4096, TaskKind.LongForm)]
    [InlineData("Write a title for an essay about rivers.", 100, TaskKind.Chat)]
    [InlineData("Where is the passage to India?", null, TaskKind.Chat)]
    [InlineData("Hello, how are you?", null, TaskKind.Chat)]
    [InlineData("", null, TaskKind.Other)]
    [InlineData("…", 5, TaskKind.Intent)]
    [InlineData("?!", 5, TaskKind.Other)]
    public void Of_Text_IsGuessedByWordsAndRoom(string prompt, int? maxOutputTokens, TaskKind kind) =>
        Assert.Equal(kind, Guess(Conversation with { MaxOutputTokens = maxOutputTokens }, prompt));

    [Fact]
    public void Of_Shape_ComesBeforeWords()
    {
        Assert.Equal(TaskKind.Embedding, Guess(new RequestShape { IsEmbedding = true }, "Write an essay."));
        Assert.Equal(TaskKind.Other, Guess(default, "Write an essay."));
        Assert.Equal(TaskKind.Extraction, Guess(Conversation with { StructuredOutput = true }, "Write an essay in Python."));
        Assert.Equal(TaskKind.Extraction, Guess(Conversation with { Tools = 1, MustCallTool = true }, "Book a table."));
        Assert.Equal(TaskKind.Other, Guess(Conversation with { Tools = 3 }, "Book a table."));
        Assert.Equal(TaskKind.Code, Guess(Conversation with { Tools = 3 }, "Debug the test."));
    }

    [Fact]
    public void Of_LongContext_IsRagWhereItIsIntroduced()
    {
        var text = string.Concat(Enumerable.Repeat("Rivers carry water to the sea. ", 80));

        Assert.Equal(TaskKind.Rag, Guess(Conversation, $"Context: {text}\nWhere does water go?"));
        Assert.Equal(TaskKind.Chat, Guess(Conversation, $"{text}\nWhere does water go?"));
        Assert.Equal(TaskKind.Rag, Guess(Conversation with { PromptBytes = GuessTask.RetrievalBytes }, "By the sources above, where does water go?"));
        Assert.Equal(TaskKind.Chat, Guess(Conversation with { PromptBytes = GuessTask.RetrievalBytes - 1 }, "By the sources above, where does water go?"));
    }

    private static TaskKind Guess(RequestShape shape, string prompt) => GuessTask.Of(shape, PromptFeatures.Read(Encoding.UTF8.GetBytes(prompt)));
}
