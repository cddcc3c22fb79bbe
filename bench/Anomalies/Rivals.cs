namespace FinOps.Bench.Anomalies;

/// <summary>What every textbook has: how many standard deviations a point is off what smoothing expects.</summary>
internal static class Rivals
{
    /// <summary>A mean and a variance that forget exponentially.</summary>
    public static double[] Ewma(NabSeries series, double step)
    {
        var (mean, variance) = (series.Values[0], 0.0);
        return [.. series.Values.Select(value =>
        {
            var error = value - mean;
            var score = variance > 0 ? Math.Abs(error) / Math.Sqrt(variance) : 0;
            mean += step * error;
            variance = (1 - step) * (variance + (step * error * error));
            return score;
        })];
    }

    /// <summary>Additive Holt-Winters with a season of a day.</summary>
    public static double[] HoltWinters(NabSeries series, double levelStep, double trendStep, double seasonStep)
    {
        const double VarianceStep = 0.01;
        var season = new double[Math.Max(2, (int)Math.Round(TimeSpan.FromDays(1) / (series.Times[1] - series.Times[0])))];
        var (level, trend, variance, place) = (series.Values[0], 0.0, 0.0, 0);
        return [.. series.Values.Select(value =>
        {
            ref var habit = ref season[place++ % season.Length];
            var error = value - level - trend - habit;
            var score = variance > 0 ? Math.Abs(error) / Math.Sqrt(variance) : 0;
            var before = level;
            level = (levelStep * (value - habit)) + ((1 - levelStep) * (level + trend));
            trend = (trendStep * (level - before)) + ((1 - trendStep) * trend);
            habit = (seasonStep * (value - level)) + ((1 - seasonStep) * habit);
            variance = (1 - VarianceStep) * (variance + (VarianceStep * error * error));
            return score;
        })];
    }
}
