using FinOps.Domain.Usage;

namespace FinOps.Domain.Anomalies;

/// <summary>What one scope cost in each hour.</summary>
/// <param name="Dimension">Null: all of the organisation.</param>
/// <param name="Value">Of the dimension.</param>
/// <param name="Hours">USD, the oldest first.</param>
public sealed record SpendSeries(ScopeDimension? Dimension, string Value, IReadOnlyList<decimal> Hours);

/// <summary>What one scope has to do with an incident.</summary>
/// <param name="Actual">What it cost in the incident's hours, USD.</param>
/// <param name="Expected">What it should have cost.</param>
/// <param name="Explained">How much of the whole difference it makes up, 1 = all of it. Scopes overlap, so the shares of all do not sum to 1.</param>
public sealed record MovedScope(ScopeDimension Dimension, string Value, decimal Actual, decimal Expected, decimal Explained)
{
    public decimal Excess => Actual - Expected;

    /// <summary>How well it names the cause: it explains much, and is mostly the excess itself. A team of which one feature tripled explains as much as the feature, and less of the team is excess.</summary>
    internal decimal Rank => Actual <= 0 ? 0 : Explained * (Excess / Actual);
}

/// <summary>Spend that left its usual course, in whatever scopes at the same time.</summary>
/// <param name="From">The begin of the first unusual hour.</param>
/// <param name="To">The end of the last one so far.</param>
/// <param name="Actual">Of all of the organisation, USD.</param>
/// <param name="Expected">The same.</param>
/// <param name="Score">The highest of all scopes and hours; see <see cref="AnomalyReading.Score"/>.</param>
/// <param name="Moved">Scopes that rose, the one that names the cause best first.</param>
public sealed record AnomalyIncident(DateTimeOffset From, DateTimeOffset To, decimal Actual, decimal Expected, double Score, IReadOnlyList<MovedScope> Moved)
{
    /// <summary>What is more than expected: of all, or of the scope that rose most where something else fell.</summary>
    public decimal Excess => Moved.Select(one => one.Excess).Append(Actual - Expected).Max();
}

/// <summary>From when on an unusual hour is worth telling.</summary>
public sealed record AnomalyLimits
{
    public static AnomalyLimits Default { get; } = new();

    /// <summary>What an hour must be above what was expected, USD. Default 1.</summary>
    public decimal LeastExcess { get; init; } = 1;

    /// <summary>The same as a share of what the scope was expected to cost. Default 0.5: a rise by half.</summary>
    public decimal LeastRise { get; init; } = 0.5m;

    /// <summary>The <see cref="AnomalyReading.Score"/> that such a rise must have. Default 5.5.</summary>
    public double Score { get; init; } = 5.5;

    /// <summary>A rise from which on <see cref="LargeRiseScore"/> is enough. Default 1: twice what was expected, which noise does not do.</summary>
    public decimal LargeRise { get; init; } = 1;

    /// <summary>Default 3.5: a series of hours has few past errors to be rare among.</summary>
    public double LargeRiseScore { get; init; } = 3.5;

    /// <summary>The same as a share of what the whole organisation was expected to cost. Default 0.03.</summary>
    public decimal LeastShareOfAll { get; init; } = 0.03m;

    /// <summary>Hours without an unusual one after which the next of the same scope is a new incident. Default 72: a weekend, so that a new level is not told each morning.</summary>
    public int QuietHours { get; init; } = 72;

    /// <summary>Hours within which what begins in other scopes is the same incident. Default 3.</summary>
    public int JoinHours { get; init; } = 3;

    /// <summary>What begins later, while the scope that names an incident makes up this share of it, is part of that one, too. Default 0.5.</summary>
    public decimal KnownShare { get; init; } = 0.5m;

    /// <summary>A scope that explains less of the difference is not named. Default 0.05.</summary>
    public decimal LeastExplained { get; init; } = 0.05m;

    /// <summary>Scopes that are named. Default 8.</summary>
    public int MaxMoved { get; init; } = 8;
}

/// <summary>Finds incidents in the hours of an organisation's scopes. Pure: of the same hours it says the same, so nothing has to be remembered between two looks. Only rises are told: who spends less is not warned.</summary>
public static class AnomalyIncidents
{
    /// <param name="first">The begin of the first hour.</param>
    /// <param name="series">All with the same number of hours; that of the whole organisation is among them.</param>
    /// <param name="judgedFrom">Incidents that began before are left out.</param>
    public static IReadOnlyList<AnomalyIncident> Find(DateTimeOffset first, IReadOnlyList<SpendSeries> series, DateTimeOffset judgedFrom, AnomalyOptions detecting, AnomalyLimits limits)
    {
        var total = series.Single(one => one.Dimension is null);
        var expectedOfAll = Judge(first, total, null, detecting, limits);
        var courses = series.Select(one => ReferenceEquals(one, total) ? expectedOfAll : Judge(first, one, expectedOfAll, detecting, limits)).ToList();

        var incidents = new List<AnomalyIncident>();
        var begins = courses.SelectMany(course => course.Begins.Select(hour => (Hour: hour, Course: course))).OrderBy(begin => begin.Hour).ToList();
        Course? cause = null;
        for (var i = 0; i < begins.Count;)
        {
            var (hour, course) = begins[i];
            if (cause is not null && cause.Excess(hour) >= limits.KnownShare * course.Excess(hour))
            {
                i++;
                continue;
            }

            var joined = begins.Skip(i).TakeWhile(begin => begin.Hour - hour <= limits.JoinHours).ToList();
            i += joined.Count;
            var end = joined.Max(begin => begin.Course.EndOf(begin.Hour, limits.QuietHours));
            var incident = Of(first, hour, end, joined.Max(begin => begin.Course.ScoreOf(hour, end)), courses, limits);
            cause = incident.Moved is [var moved, ..] ? courses.Find(one => one.Series.Dimension == moved.Dimension && one.Series.Value == moved.Value) : null;
            if (incident.From >= judgedFrom) incidents.Add(incident);
        }

        return incidents;
    }

    private static Course Judge(DateTimeOffset first, SpendSeries series, Course? all, AnomalyOptions detecting, AnomalyLimits limits)
    {
        var detector = new AnomalyDetector(detecting);
        var course = new Course(series);
        var last = int.MinValue / 2;
        // What was not there yet had no usual course.
        var begin = series.Hours.TakeWhile(hour => hour == 0).Count();
        for (var hour = begin; hour < series.Hours.Count; hour++)
        {
            var actual = series.Hours[hour];
            var reading = detector.Observe(first.AddHours(hour), (double)actual);
            var expected = Math.Max(0, (decimal)reading.Expected);
            (course.Expected[hour], course.Scores[hour]) = (expected, reading.Score);
            var excess = actual - expected;
            if (excess < limits.LeastExcess || excess < limits.LeastRise * expected || excess < limits.LeastShareOfAll * (all?.Expected[hour] ?? expected)) continue;
            if (reading.Score < (excess >= limits.LargeRise * expected ? limits.LargeRiseScore : limits.Score)) continue;
            course.IsUnusual[hour] = true;
            if (hour - last > limits.QuietHours) course.Begins.Add(hour);
            last = hour;
        }

        return course;
    }

    private static AnomalyIncident Of(DateTimeOffset first, int from, int to, double score, List<Course> courses, AnomalyLimits limits)
    {
        var sums = courses.ConvertAll(course => (course.Series, Actual: course.Series.Hours.Skip(from).Take(to - from).Sum(), Expected: course.Expected[from..to].Sum()));
        var whole = sums.Single(sum => sum.Series.Dimension is null);
        // Where something else fell meanwhile, the whole rose by less than its parts.
        var difference = sums.Max(sum => sum.Actual - sum.Expected);
        var moved = sums.Where(sum => sum.Series.Dimension is not null && sum.Actual > sum.Expected)
            .Select(sum => new MovedScope(sum.Series.Dimension!.Value, sum.Series.Value, sum.Actual, sum.Expected, decimal.Round((sum.Actual - sum.Expected) / difference, 4)))
            .Where(scope => scope.Explained >= limits.LeastExplained)
            .OrderByDescending(scope => scope.Rank).ThenBy(scope => scope.Dimension).ThenBy(scope => scope.Value, StringComparer.Ordinal)
            .Take(limits.MaxMoved);
        return new AnomalyIncident(first.AddHours(from), first.AddHours(to), whole.Actual, decimal.Round(whole.Expected, 6), score, [.. moved]);
    }

    /// <summary>One series with what was expected of each hour.</summary>
    private sealed class Course(SpendSeries series)
    {
        public SpendSeries Series => series;

        public decimal[] Expected { get; } = new decimal[series.Hours.Count];

        public double[] Scores { get; } = new double[series.Hours.Count];

        public bool[] IsUnusual { get; } = new bool[series.Hours.Count];

        public List<int> Begins { get; } = [];

        public decimal Excess(int hour) => series.Hours[hour] - Expected[hour];

        /// <summary>The hour after the last unusual one of the incident that begins here.</summary>
        public int EndOf(int begin, int quietHours)
        {
            var last = begin;
            for (var hour = begin + 1; hour < IsUnusual.Length && hour - last <= quietHours; hour++)
                if (IsUnusual[hour]) last = hour;
            return last + 1;
        }

        public double ScoreOf(int from, int to) => Scores[from..to].Max();
    }
}
