using System.Globalization;

namespace FinOps.Domain.Alerts;

/// <summary>How a fact's value is to be read. The names are stored and part of the API.</summary>
public enum AlertFactKind
{
    Text,

    /// <summary>An amount of <see cref="AlertFact.Unit"/>, a currency's code.</summary>
    Money,

    /// <summary>1 = 100 %.</summary>
    Share,

    /// <summary>How many <see cref="AlertFact.Unit"/>, for example calls.</summary>
    Count,

    /// <summary>ISO 8601, with its offset.</summary>
    Instant,
}

/// <summary>One thing that was seen.</summary>
/// <param name="Name">A word of the detector's own in camelCase, for example <c>spent</c>: pages know it, and show an unknown one as it is.</param>
/// <param name="Kind">How to read the value.</param>
/// <param name="Value">In the invariant culture.</param>
/// <param name="Unit">Of money and counts; else empty.</param>
public sealed record AlertFact(string Name, AlertFactKind Kind, string Value, string Unit = "")
{
    public static AlertFact OfText(string name, string value) => new(name, AlertFactKind.Text, value);

    public static AlertFact OfMoney(string name, decimal value, string currency) => new(name, AlertFactKind.Money, Plain(value), currency);

    /// <param name="name">Its word.</param>
    /// <param name="value">1 = 100 %.</param>
    public static AlertFact OfShare(string name, decimal value) => new(name, AlertFactKind.Share, Plain(value));

    public static AlertFact OfCount(string name, decimal value, string unit) => new(name, AlertFactKind.Count, Plain(value), unit);

    public static AlertFact OfInstant(string name, DateTimeOffset value) => new(name, AlertFactKind.Instant, value.ToString("O", CultureInfo.InvariantCulture));

    /// <summary>Null where it is no number.</summary>
    public decimal? Number => Kind is AlertFactKind.Money or AlertFactKind.Share or AlertFactKind.Count
        && decimal.TryParse(Value, NumberStyles.Number, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Null where it is no instant.</summary>
    public DateTimeOffset? Instant => Kind == AlertFactKind.Instant
        && DateTimeOffset.TryParseExact(Value, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant) ? instant : null;

    /// <summary>Without the zeros that arithmetic left behind.</summary>
    private static string Plain(decimal value) => value.ToString("0.############", CultureInfo.InvariantCulture);
}
