using System.Diagnostics;
using System.Globalization;
using FinOps.Domain.Policies.Classification;

namespace FinOps.Bench.Classifier;

/// <summary>
/// How much of the strong model's lead the complexity score keeps on subjects that its training never saw, beside "longest prompt to the strong model", chance and the best there can be; what a score costs; and, with --write, the weights
/// that are part of the product, trained on all. No engine needed. The data is not part of this repository: https://github.com/lm-sys/RouteLLM, routellm/evals/mmlu/responses.
/// </summary>
internal static class ClassifierBench
{
    private const string DefaultFolder = "../shared/data/routing";
    private const int OuterFolds = 7;
    private const int Seeds = 5;
    private const int RandomOrders = 50;
    private const double MostMicroseconds = 50;
    private const int Rounds = 15;

    /// <summary>The subjects on which features were tried and chosen. On all others nothing was tried.</summary>
    private static readonly HashSet<string> DevelopmentSubjects =
    [
        "abstract_algebra", "clinical_knowledge", "college_mathematics", "conceptual_physics", "formal_logic", "high_school_computer_science", "high_school_macroeconomics", "high_school_psychology", "human_aging",
        "logical_fallacies", "medical_genetics", "nutrition", "professional_law", "security_studies", "world_religions",
    ];

    public static int Run(string[] arguments)
    {
        var (folder, file) = (DefaultFolder, (string?)null);
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 < arguments.Length && arguments[i] == "--data") folder = arguments[i + 1];
            else if (i + 1 < arguments.Length && arguments[i] == "--write") file = arguments[i + 1];
            else
            {
                Console.Error.WriteLine("classifier: [--data FOLDER] [--write FILE]");
                return 64;
            }
        }

        var timesHold = PrintTimes();
        if (RoutingSet.Read(folder) is not { } cases)
        {
            Console.WriteLine($"classifier: its worth was not measured, {Path.GetFullPath(folder)} holds no mmlu_*.csv. Clone https://github.com/lm-sys/RouteLLM and name its folder routellm/evals/mmlu/responses with --data.");
            return timesHold ? 0 : 1;
        }

        var training = new Training(cases);
        Console.WriteLine(Text($"classifier: {cases.Count} questions of {cases.Select(one => one.Subject).Distinct().Count()} subjects; weak model right {cases.Average(one => one.WeakRight ? 1 : 0):P1}, strong {cases.Average(one => one.StrongRight ? 1 : 0):P1}, only the strong {cases.Average(one => one.Gain > 0 ? 1 : 0):P1}"));
        var isAbove = PrintFolds(cases, training);
        PrintUntouched(cases, training);
        Train(cases, training, file);
        return isAbove && timesHold ? 0 : 1;
    }

    /// <summary>Each subject's cases by weights that were trained, and settings that were chosen, without its fold.</summary>
    private static bool PrintFolds(IReadOnlyList<RoutingCase> cases, Training training)
    {
        int[] all = [.. Enumerable.Range(0, cases.Count)];
        var gains = Gains(cases, all);
        var (ours, ourFolds, lengthFolds, errors) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var seed = 0; seed < Seeds; seed++)
        {
            var (scores, probabilities) = (new double[cases.Count], new double[cases.Count]);
            foreach (var fold in training.Folds(all, OuterFolds, seed))
            {
                int[] rest = [.. all.Except(fold)];
                var choice = training.Choose(rest, seed);
                var direction = training.Fit(rest, choice);
                var (constant, slope) = training.Calibrate(rest, training.OutOfFold(rest, choice, seed));
                foreach (var i in fold)
                {
                    scores[i] = training.Score(direction, i);
                    probabilities[i] = 1 / (1 + Math.Exp(-(constant + (slope * scores[i]))));
                }

                ourFolds.Add(PerformanceGap.Average([.. fold.Select(i => scores[i])], Gains(cases, fold)));
                lengthFolds.Add(PerformanceGap.Average(Lengths(cases, fold), Gains(cases, fold)));
            }

            ours.Add(PerformanceGap.Average(scores, gains));
            errors.Add(CalibrationError(probabilities, training));
        }

        var length = PerformanceGap.Average(Lengths(cases, all), gains);
        var random = Enumerable.Range(0, RandomOrders).Select(seed => PerformanceGap.Average(Random(cases.Count, seed), gains)).ToList();
        Console.WriteLine(Text($"| performance gap recovered, {OuterFolds} folds of whole subjects, {Seeds} seeds | all cases | spread over seeds | mean of folds | deviation over folds |"));
        Console.WriteLine(Text($"| this classifier, subjects unseen | {ours.Average():F3} | {ours.Min():F3} to {ours.Max():F3} | {ourFolds.Average():F3} | {Deviation(ourFolds):F3} |"));
        Console.WriteLine(Text($"| longest prompt to the strong model | {length:F3} | | {lengthFolds.Average():F3} | {Deviation(lengthFolds):F3} |"));
        Console.WriteLine(Text($"| random | {random.Average():F3} | {random.Min():F3} to {random.Max():F3} | | |"));
        Console.WriteLine(Text($"| each subject at its own true gain | {PerformanceGap.Average(SubjectGains(cases), gains):F3} | | | |"));
        Console.WriteLine(Text($"| oracle | {PerformanceGap.Average([.. gains.Select(gain => (double)gain)], gains):F3} | | | |"));
        Console.WriteLine("Settings were chosen by inner folds of the training subjects, never by the fold that is measured. \"All cases\" ranks cases of different folds by the score without its constant, which training subjects alone decide.");
        Console.WriteLine(Text($"calibration: probability and what came true differ by {errors.Average():P1} in tenths of cases, subjects unseen"));
        Console.WriteLine(Text($"folds in which it is above the longest prompt: {ourFolds.Zip(lengthFolds).Count(pair => pair.First > pair.Second)} of {ourFolds.Count}"));
        return ours.Average() > length;
    }

    /// <summary>The strictest figure: features, settings and weights from the development subjects alone.</summary>
    private static void PrintUntouched(IReadOnlyList<RoutingCase> cases, Training training)
    {
        int[] development = [.. Enumerable.Range(0, cases.Count).Where(i => DevelopmentSubjects.Contains(cases[i].Subject))];
        int[] others = [.. Enumerable.Range(0, cases.Count).Except(development)];
        if (development.Length == 0 || others.Length == 0) return;
        var direction = training.Fit(development, training.Choose(development, seed: 0));
        var ours = PerformanceGap.Average([.. others.Select(i => training.Score(direction, i))], Gains(cases, others));
        Console.WriteLine(Text($"trained on the {development.Select(i => cases[i].Subject).Distinct().Count()} subjects on which features were chosen, measured on the {others.Select(i => cases[i].Subject).Distinct().Count()} others: {ours:F3}, longest prompt {PerformanceGap.Average(Lengths(cases, others), Gains(cases, others)):F3}"));
    }

    private static void Train(IReadOnlyList<RoutingCase> cases, Training training, string? file)
    {
        int[] all = [.. Enumerable.Range(0, cases.Count)];
        var choice = training.Choose(all, seed: 0);
        var direction = training.Fit(all, choice);
        var outOfFold = training.OutOfFold(all, choice, seed: 0);
        var (constant, slope) = training.Calibrate(all, outOfFold);
        var weights = new ComplexityWeights([.. ComplexityFeature.Names.Select((name, i) => new ComplexityWeight(name, direction.Means[i], direction.Deviations[i], slope * direction.Weights[i]))], constant);
        PrintThresholds(cases, [.. outOfFold.Select(score => 1 / (1 + Math.Exp(-(constant + (slope * score)))))]);
        var text = weights.ToText(
            "How the complexity score weighs its features. Written by ./finops bench classifier --write FILE; tests fail where it does not fit the code.",
            $"Trained on {cases.Count} questions of {cases.Select(one => one.Subject).Distinct().Count()} subjects of MMLU as Mixtral-8x7B-Instruct-v0.1 (weak) and GPT-4-1106-preview (strong) answered them: lm-sys/RouteLLM, Apache-2.0.",
            Text($"Chosen by folds of subjects: penalty {choice.Penalty:F0}, subjects' size to the power of -{choice.SubjectPower:0.0}, weak model's failures {(choice.WithWeak ? "added" : "left out")}."));
        var isShipped = ComplexityClassifier.Trained.Weights.ToText() == weights.ToText();
        Console.WriteLine(isShipped ? "The product has these weights." : "The product has other weights than these.");
        if (file is null) return;
        File.WriteAllText(file, text);
        Console.WriteLine($"Wrote {Path.GetFullPath(file)}.");
    }

    private static void PrintThresholds(IReadOnlyList<RoutingCase> cases, double[] scores)
    {
        int[] gains = [.. cases.Select(one => one.Gain)];
        var sorted = scores.OrderDescending().ToArray();
        var (weak, lead) = (cases.Average(one => one.WeakRight ? 1 : 0), gains.Average());
        Console.WriteLine("| share of strong calls | threshold | of the lead kept | right answers |");
        foreach (var share in new[] { 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9 })
        {
            var kept = PerformanceGap.At(share, scores, gains);
            Console.WriteLine(Text($"| {share:P0} | {sorted[(int)(share * sorted.Length) - 1]:F3} | {kept:P0} | {weak + (kept * lead):P1} |"));
        }
    }

    /// <summary>Prose with numbers and options, on a warm thread; needs no data.</summary>
    private static bool PrintTimes()
    {
        var worst = 0d;
        var allocated = 0L;
        var prompts = Array.ConvertAll([64, 1024, 2048, 4096, 32 * 1024], SamplePrompt);
        // Warm before the first is measured: the runtime compiles anew what turned out to be hot.
        for (var i = 0; i < 3_000; i++) ComplexityClassifier.Trained.Score(prompts[i % prompts.Length]);
        foreach (var prompt in prompts)
        {
            var times = new double[Rounds];
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var round = 0; round < Rounds; round++)
            {
                var start = Stopwatch.GetTimestamp();
                for (var i = 0; i < 200; i++) ComplexityClassifier.Trained.Score(prompt);
                times[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / 200;
            }

            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            Array.Sort(times);
            Console.WriteLine(Text($"classifier: {times[Rounds / 2]:F1} µs a score of {prompt.Length} bytes (best {times[0]:F1})"));
            if (prompt.Length <= 4096) worst = Math.Max(worst, times[Rounds / 2]);
        }

        Console.WriteLine(Text($"classifier: {allocated} bytes allocated; asked for: under {MostMicroseconds:F0} µs up to 4 KiB, and none"));
        return worst < MostMicroseconds && allocated == 0;
    }

    private static byte[] SamplePrompt(int bytes)
    {
        const string Paragraph = "A train leaves at 14:05 and travels 240 km at 80 km/h; another, which isn't slower, leaves 35 minutes later. If neither stops, which of them arrives first, and why?\nA. The first, because it left earlier\nB. The second\n";
        return System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Paragraph, 1 + (bytes / Paragraph.Length))))[..bytes];
    }

    /// <summary>The mean distance between told and true in ten groups of cases, as many in each, by rising probability.</summary>
    private static double CalibrationError(double[] probabilities, Training training)
    {
        var order = Enumerable.Range(0, probabilities.Length).OrderBy(i => probabilities[i]).ToArray();
        return order.Chunk((order.Length + 9) / 10).Average(group => Math.Abs(group.Average(i => probabilities[i]) - group.Average(training.OnlyStrong)));
    }

    private static double[] SubjectGains(IReadOnlyList<RoutingCase> cases)
    {
        var gains = cases.GroupBy(one => one.Subject).ToDictionary(subject => subject.Key, subject => subject.Average(one => one.Gain));
        return [.. cases.Select(one => gains[one.Subject])];
    }

    private static int[] Gains(IReadOnlyList<RoutingCase> cases, int[] some) => [.. some.Select(i => cases[i].Gain)];

    private static double[] Lengths(IReadOnlyList<RoutingCase> cases, int[] some) => [.. some.Select(i => (double)cases[i].Characters)];

    private static double[] Random(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble())];
    }

    private static double Deviation(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
