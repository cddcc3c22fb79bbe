namespace FinOps.Domain.Anomalies;

/// <summary>The standard normal distribution.</summary>
internal static class Normal
{
    /// <summary>From here on the tail's leading term is exact to 4 %, and the series below would run into zero.</summary>
    private const double FarTail = 5;

    private static ReadOnlySpan<double> Coefficients =>
        [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];

    /// <summary>How many powers of ten the chance of exceeding <paramref name="z"/> is below 1: 0.3 at 0, 3 at 3.09. 0 for what is below the mean.</summary>
    public static double TailPower(double z) => z switch
    {
        <= 0 => 0,
        > FarTail => ((z * z / 2) + Math.Log(z * Math.Sqrt(2 * Math.PI))) / Math.Log(10),
        _ => -Math.Log10(Tail(z)),
    };

    /// <summary>The chance of exceeding <paramref name="z"/>, 0 or more; relative error below 1.2e-7 (Numerical Recipes, erfcc).</summary>
    public static double Tail(double z)
    {
        var x = z / Math.Sqrt(2);
        var t = 1 / (1 + (x / 2));
        double sum = 0;
        for (var i = Coefficients.Length - 1; i >= 0; i--) sum = (sum * t) + Coefficients[i];
        return t / 2 * Math.Exp((-x * x) + sum);
    }
}
