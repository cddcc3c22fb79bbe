using FinOps.Domain.Policies.Classification;

namespace FinOps.Bench.Classifier;

/// <summary>What is chosen by inner folds.</summary>
/// <param name="Penalty">Of the squared weights (ridge).</param>
/// <param name="SubjectPower">A prompt weighs its subject's size to the power of minus this: 0 all prompts alike, 1 all subjects alike.</param>
/// <param name="WithWeak">Beside "only the strong model is right", which is rare and noisy, also "the weak model is wrong": the log-odds of both are added.</param>
internal sealed record TrainingChoice(double Penalty, double SubjectPower, bool WithWeak)
{
    public static IReadOnlyList<TrainingChoice> All { get; } =
        [.. from penalty in new[] { 200d, 2_000, 20_000 } from power in new[] { 0, 0.5 } from weak in new[] { false, true } select new TrainingChoice(penalty, power, weak)];
}

/// <summary>A direction in the space of features; its product with a prompt's deviations is the raw score, which has no constant.</summary>
internal sealed record Direction(double[] Means, double[] Deviations, double[] Weights)
{
    public double Score(double[] values) => values.Select((value, i) => Weights[i] * Training.Deviations(value, Means[i], Deviations[i])).Sum();
}

/// <summary>Trains on the cases of some subjects. Nothing here sees cases that it is not given.</summary>
internal sealed class Training(IReadOnlyList<RoutingCase> cases)
{
    private const int NewtonSteps = 6;
    private const int InnerFolds = 5;

    private readonly double[][] _values = [.. cases.Select(one =>
    {
        var values = new double[ComplexityFeature.Names.Count];
        ComplexityFeature.Fill(PromptFeatures.Read(one.Prompt), values);
        return values;
    })];

    /// <summary>Splits cases into folds by whole subjects, about equally large: large subjects first, each into the smallest fold, and in the seed's order among those of a size.</summary>
    public int[][] Folds(int[] cases_, int count, int seed)
    {
        var subjects = cases_.GroupBy(i => cases[i].Subject).ToArray();
        new Random(seed).Shuffle(subjects);
        var folds = Enumerable.Range(0, count).Select(_ => new List<int>()).ToArray();
        foreach (var subject in subjects.OrderByDescending(subject => subject.Count() / 150)) folds.MinBy(fold => fold.Count)!.AddRange(subject);
        return [.. folds.Where(fold => fold.Count > 0).Select(fold => fold.ToArray())];
    }

    /// <summary>The choice whose raw scores on folds of the given cases recover most of the gap.</summary>
    public TrainingChoice Choose(int[] from, int seed) =>
        TrainingChoice.All.MaxBy(choice => PerformanceGap.Average(OutOfFold(from, choice, seed), [.. from.Select(i => cases[i].Gain)]))!;

    /// <summary>The raw score of each given case by a direction that was trained without its subject.</summary>
    public double[] OutOfFold(int[] from, TrainingChoice choice, int seed)
    {
        var scores = new Dictionary<int, double>();
        foreach (var fold in Folds(from, InnerFolds, seed))
        {
            var direction = Fit([.. from.Except(fold)], choice);
            foreach (var i in fold) scores[i] = direction.Score(_values[i]);
        }

        return [.. from.Select(i => scores[i])];
    }

    public double Score(Direction direction, int i) => direction.Score(_values[i]);

    public Direction Fit(int[] from, TrainingChoice choice)
    {
        var (means, deviations) = Spread(from);
        var rows = Array.ConvertAll(from, i => _values[i].Select((value, d) => Deviations(value, means[d], deviations[d])).Prepend(1).ToArray());
        var sizes = from.CountBy(i => cases[i].Subject).ToDictionary();
        var shares = Array.ConvertAll(from, i => Math.Pow(sizes[cases[i].Subject], -choice.SubjectPower));
        var mean = shares.Average();
        for (var i = 0; i < shares.Length; i++) shares[i] /= mean;

        var weights = Logistic(rows, Array.ConvertAll(from, OnlyStrong), shares, choice.Penalty)[1..];
        if (choice.WithWeak) weights = [.. weights.Zip(Logistic(rows, Array.ConvertAll(from, i => cases[i].WeakRight ? 0d : 1), shares, choice.Penalty)[1..], (one, other) => one + other)];
        return new Direction(means, deviations, weights);
    }

    /// <summary>Constant and slope that make the raw score the log-odds of "only the strong model is right" (Platt), from scores that were made out of fold.</summary>
    public (double Constant, double Slope) Calibrate(int[] from, double[] scores)
    {
        var fit = Logistic(Array.ConvertAll(scores, score => new[] { 1, score }), Array.ConvertAll(from, OnlyStrong), [.. from.Select(_ => 1d)], penalty: 0);
        return (fit[0], fit[1]);
    }

    public double OnlyStrong(int i) => cases[i].Gain > 0 ? 1 : 0;

    internal static double Deviations(double value, double mean, double deviation) =>
        double.IsNaN(value) ? 0 : Math.Clamp((value - mean) / deviation, -ComplexityClassifier.MostDeviations, ComplexityClassifier.MostDeviations);

    private (double[] Means, double[] Deviations) Spread(int[] from)
    {
        var told = ComplexityFeature.Names.Select((_, d) => from.Select(i => _values[i][d]).Where(value => !double.IsNaN(value)).DefaultIfEmpty(0).ToArray()).ToArray();
        var means = Array.ConvertAll(told, values => values.Average());
        var deviations = told.Select((values, d) => Math.Sqrt(values.Average(value => (value - means[d]) * (value - means[d]))));
        return (means, [.. deviations.Select(deviation => deviation > 0 ? deviation : 1)]);
    }

    /// <summary>Logistic regression by Newton's method; the first column is the constant, which is not penalised.</summary>
    private static double[] Logistic(double[][] rows, double[] targets, double[] shares, double penalty)
    {
        var width = rows[0].Length;
        var weights = new double[width];
        for (var step = 0; step < NewtonSteps; step++)
        {
            var (curvature, slope) = (new double[width, width], new double[width]);
            for (var i = 0; i < rows.Length; i++)
            {
                var row = rows[i];
                var logOdds = 0d;
                for (var a = 0; a < width; a++) logOdds += weights[a] * row[a];
                var probability = 1 / (1 + Math.Exp(-logOdds));
                var (error, certainty) = (shares[i] * (targets[i] - probability), shares[i] * probability * (1 - probability));
                for (var a = 0; a < width; a++)
                {
                    slope[a] += row[a] * error;
                    for (var b = 0; b <= a; b++) curvature[a, b] += row[a] * certainty * row[b];
                }
            }

            for (var a = 1; a < width; a++)
            {
                curvature[a, a] += penalty;
                slope[a] -= penalty * weights[a];
            }

            var change = Solve(curvature, slope);
            for (var a = 0; a < width; a++) weights[a] += change[a];
        }

        return weights;
    }

    /// <summary>Solves a positive definite system, of which the lower half is given (Cholesky).</summary>
    private static double[] Solve(double[,] matrix, double[] right)
    {
        var n = right.Length;
        var answer = (double[])right.Clone();
        for (var row = 0; row < n; row++)
        {
            for (var column = 0; column <= row; column++)
            {
                var sum = matrix[row, column];
                for (var k = 0; k < column; k++) sum -= matrix[row, k] * matrix[column, k];
                matrix[row, column] = row == column ? Math.Sqrt(sum) : sum / matrix[column, column];
            }

            for (var k = 0; k < row; k++) answer[row] -= matrix[row, k] * answer[k];
            answer[row] /= matrix[row, row];
        }

        for (var row = n - 1; row >= 0; row--)
        {
            for (var k = row + 1; k < n; k++) answer[row] -= matrix[k, row] * answer[k];
            answer[row] /= matrix[row, row];
        }

        return answer;
    }
}
