namespace FinOps.Bench.Forecasting;

/// <summary>How spend goes from day to day at companies of different sorts; the same seed always gives the same days.</summary>
internal static class SpendShapes
{
    /// <summary>A Monday.</summary>
    public static readonly DateOnly First = new(2026, 1, 5);

    public static readonly (string Name, Func<int, Random, double> Day)[] All =
    [
        ("offices", (day, random) => Weekend(day, 0.3) * 100 * Noise(random, 0.12)),
        ("steady servers", (_, random) => 100 * Noise(random, 0.05)),
        ("growing 3 % a week", (day, random) => Weekend(day, 0.4) * 100 * Math.Pow(1.03, day / 7.0) * Noise(random, 0.15)),
        ("shrinking 2 % a week", (day, random) => Weekend(day, 0.4) * 100 * Math.Pow(0.98, day / 7.0) * Noise(random, 0.15)),
        ("another model after ten weeks", (day, random) => Weekend(day, 0.4) * (day < 70 ? 100 : 60) * Noise(random, 0.12)),
        ("a weekly batch", (day, random) => (day % 7 == 6 ? 400 : 50) * Noise(random, 0.15)),
        ("a runaway day now and then", (day, random) => Weekend(day, 0.4) * 100 * Noise(random, 0.12) * (random.Next(40) == 0 ? 6 : 1)),
        ("rough", (day, random) => Weekend(day, 0.6) * 100 * Noise(random, 0.6)),
        ("every third day nothing", (_, random) => random.Next(3) == 0 ? 0 : 100 * Noise(random, 0.3)),
        ("wandering", Wander()),
    ];

    public static decimal[] Days(Func<int, Random, double> shape, int days, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, days).Select(day => decimal.Round((decimal)shape(day, random), 4))];
    }

    private static double Weekend(int day, double share) => day % 7 >= 5 ? share : 1;

    private static double Noise(Random random, double spread) => Math.Exp(spread * Normal(random));

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static Func<int, Random, double> Wander()
    {
        var level = 0.0;
        return (day, random) => Weekend(day, 0.5) * 100 * Math.Exp(level = day == 0 ? 0 : level + (0.05 * Normal(random))) * Noise(random, 0.1);
    }
}
