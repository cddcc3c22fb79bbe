using System.Text;
using CsCheck;
using FinOps.Domain.Sampling;

namespace FinOps.Domain.Tests.Sampling;

/// <summary>By the examples of https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/.</summary>
public sealed class SamplingWeightTests
{
    [Theory]
    [InlineData("ot=th:0", 1)]
    [InlineData("ot=th:8", 2)]
    [InlineData("ot=th:c", 4)]
    [InlineData("ot=th:C", 4)]
    [InlineData("ot=rv:9b8233f7e3a151;th:c", 4)]
    [InlineData("congo=t61rcWkgMzE, ot=th:e6666666666668;rv:9b8233f7e3a151 ,rojo=00f067aa0ba902b7", 10)]
    [InlineData("ot=th:fd70a3d70a3d7", 100)]
    [InlineData("ot=th:ffffffffffffff", 72057594037927936)]
    public void Threshold_OfATraceState_IsHowManySpansOneStandsFor(string traceState, double weight) =>
        Assert.Equal(weight, SamplingWeight.OfThreshold(SamplingWeight.FindThreshold(Encoding.UTF8.GetBytes(traceState)))!.Value, weight * 1e-12);

    [Theory]
    [InlineData("")]
    [InlineData("ot=")]
    [InlineData("ot=rv:9b8233f7e3a151")]
    [InlineData("not=th:8")]
    [InlineData("vendor=ot=th:8")]
    // The scheme before: its exponent is another number, and nothing marks it.
    [InlineData("ot=p:8;r:62")]
    public void TraceState_WithoutAThreshold_TellsNone(string traceState) =>
        Assert.True(SamplingWeight.FindThreshold(Encoding.UTF8.GetBytes(traceState)).IsEmpty);

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData(" 8")]
    [InlineData("fffffffffffffff")]
    public void Threshold_ThatIsNone_HasNoWeight(string threshold) => Assert.Null(SamplingWeight.OfThreshold(Encoding.UTF8.GetBytes(threshold)));

    [Fact]
    public void TraceState_OfAnyBytes_IsReadWithoutAFault() =>
        Gen.Byte.Array[0, 60].Sample(bytes => SamplingWeight.OfThreshold(SamplingWeight.FindThreshold(bytes)) is null or >= 1);
}
