using System.Text;
using FinOps.Domain.Policies.Classification;
using FinOps.Testing;

namespace FinOps.Domain.Tests.Policies.Classification;

public sealed class ComplexityClassifierTests
{
    private const string Proof = "Let f be continuous on [0, 1] with f(0) = f(1). Prove that for every positive integer n there is an x with f(x) = f(x + 1/n), and show that the statement is false "
        + "if 1/n is replaced by a number that is not the reciprocal of an integer. Because the proof must be constructive, give an explicit counterexample rather than an existence argument.";

    private const string Deadlock = "Why does the deadlock happen only when the queue is full, although the lock is released before the wait? If two writers hold it, whereas readers do not, what would the result be? "
        + "Suppose the timeout is 30 s instead of 5 s.";

    [Fact]
    public void Score_HarderPrompts_AreHigher()
    {
        string[] easy = ["", "hi", "Thanks!", "What is the capital of France?", "Translate 'good morning' to German.", "Classify the sentiment of this review as positive or negative: I love this phone."];
        string[] hard = [Proof, Deadlock];

        Assert.All(easy, one => Assert.All(hard, other => Assert.True(Score(one) < Score(other), $"\"{one}\" has {Score(one):F3}, \"{other}\" {Score(other):F3}.")));
    }

    [Fact]
    public void Score_OptionsThatDifferByDegree_IsHigherThanOfNames()
    {
        const string Stem = "What follows for output and prices?\n";

        Assert.True(Score(Stem + "A. Output increases, prices decrease\nB. Output increases, prices increase\nC. Output decreases, prices increase")
            > Score(Stem + "A. Photosynthesis, respiration\nB. Fermentation, glycolysis\nC. Transcription, translation"));
    }

    /// <summary>What is longer than the limit costs no more, and a prompt stranger than any of the training counts as the strangest of these.</summary>
    [Fact]
    public void Score_Extremes_StaysAProbability()
    {
        var strange = new string('1', 100_000) + string.Concat(Enumerable.Repeat(" because if more 7", 100_000));

        Assert.InRange(Score(strange), 0.01, 0.9);
        Assert.InRange(Score(new string('ä', 5_000)), 0.01, 0.9);
        Assert.InRange(Score("\0\0\0"), 0.01, 0.9);
    }

    [Fact]
    public void Score_AllocatesNothing()
    {
        var prompt = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Proof + "\nA. It is 1\nB. It is 2\n", 20)));
        var sum = ComplexityClassifier.Trained.Score(prompt);

        Assert.Equal(0, Allocated.LeastBytes(() =>
        {
            for (var i = 0; i < 100; i++) sum += ComplexityClassifier.Trained.Score(prompt);
        }));
        Assert.InRange(sum, 1, 500);
    }

    /// <summary>Worked out by hand: a constant of −1 and one feature, "numbers", of which log(1 + 1) is (0.693 − 0) ÷ 0.5 = 1.386 deviations at 0.5 each: log-odds ln 2 − 1, 2 ÷ (2 + e).</summary>
    [Fact]
    public void Score_OfKnownWeights_IsAsCalculatedByHand()
    {
        var weights = new ComplexityWeights([.. ComplexityFeature.Names.Select(name => new ComplexityWeight(name, 0, 0.5, name == "numbers_log" ? 0.5 : 0))], -1);

        Assert.Equal(0.423883, new ComplexityClassifier(weights).Score("room 7"u8), 5);
    }

    /// <summary>The constant belongs to the weights: at their means the score is the share of questions that only the strong model answered.</summary>
    [Fact]
    public void Trained_AtTheMeans_IsNearTheShareOfTheTraining() =>
        Assert.InRange(1 / (1 + Math.Exp(-ComplexityClassifier.Trained.Weights.Constant)), 0.15, 0.20);

    private static double Score(string prompt) => ComplexityClassifier.Trained.Score(Encoding.UTF8.GetBytes(prompt));
}
