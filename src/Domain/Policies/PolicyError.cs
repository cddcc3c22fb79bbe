namespace FinOps.Domain.Policies;

/// <summary>One thing that is wrong with a document.</summary>
/// <param name="Path">Where, as a JSON path: <c>$.policies[2].body.max_tokens</c>.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
public sealed record PolicyError(string Path, string Problem, string Remedy)
{
    public override string ToString() => $"{Path}: {Problem} {Remedy}";
}

/// <summary>A bundle, or everything that is wrong with its document; never both.</summary>
public sealed record PolicyBundleResult(PolicyBundle? Bundle, IReadOnlyList<PolicyError> Errors);

/// <summary>A policy, or everything that is wrong with its document; never both.</summary>
public sealed record PolicyResult(Policy? Policy, IReadOnlyList<PolicyError> Errors);

/// <summary>Collects what is wrong, up to a bound.</summary>
internal sealed class PolicyErrors
{
    private readonly List<PolicyError> _errors = [];
    private int _leftOut;

    public int Count => _errors.Count + _leftOut;

    public void Add(string path, string problem, string remedy)
    {
        if (_errors.Count < PolicyBundleReader.MaxErrors) _errors.Add(new PolicyError(path, problem, remedy));
        else _leftOut++;
    }

    public IReadOnlyList<PolicyError> All =>
        _leftOut == 0 ? _errors : [.. _errors, new PolicyError("$", $"{_leftOut} more errors are not listed.", $"Mend these {PolicyBundleReader.MaxErrors} first.")];
}
