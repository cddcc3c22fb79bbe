using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Web.Tests.Parts;

public sealed class AttendanceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void NewCircuit_IsAttended()
    {
        var attendance = new Attendance();
        Assert.True(attendance.Attended);
        Assert.True(attendance.ReturnAsync(Token).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task ConnectionDown_WaitsUntilItIsUp()
    {
        var attendance = new Attendance();
        await attendance.SetConnected(false);
        var returned = attendance.ReturnAsync(Token);
        Assert.False(attendance.Attended);
        Assert.False(returned.IsCompleted);
        await attendance.SetConnected(true);
        await returned;
        Assert.True(attendance.Attended);
    }

    [Fact]
    public async Task TabHidden_AllThatWaitGoOnWhenItIsShown()
    {
        var attendance = new Attendance();
        attendance.SetHidden(true);
        attendance.SetHidden(true);
        var (first, second) = (attendance.ReturnAsync(Token), attendance.ReturnAsync(Token));
        Assert.False(first.IsCompleted);
        attendance.SetHidden(false);
        await Task.WhenAll(first, second);
        attendance.SetHidden(true);
        Assert.False(attendance.ReturnAsync(Token).IsCompleted);
    }

    [Fact]
    public async Task HiddenAndDisconnected_TabThatComesBackCountsAsSeen()
    {
        var attendance = new Attendance();
        attendance.SetHidden(true);
        await attendance.SetConnected(false);
        attendance.SetHidden(false);
        Assert.False(attendance.Attended);
        attendance.SetHidden(true);
        await attendance.SetConnected(true);
        Assert.True(attendance.Attended);
    }

    [Fact]
    public async Task PageLeftWhileNobodyLooks_IsCancelled()
    {
        var attendance = new Attendance();
        await attendance.SetConnected(false);
        using var left = new CancellationTokenSource();
        var returned = attendance.ReturnAsync(left.Token);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => returned);
        // Another page of the same circuit goes on.
        var other = attendance.ReturnAsync(Token);
        await attendance.SetConnected(true);
        await other;
    }

    [Fact]
    public void Services_OneOfACircuit_WhichBlazorTells()
    {
        using var services = new ServiceCollection().AddAttendance().BuildServiceProvider();
        using var circuit = services.CreateScope();
        using var another = services.CreateScope();
        var attendance = circuit.ServiceProvider.GetRequiredService<Attendance>();
        Assert.Same(attendance, Assert.Single(circuit.ServiceProvider.GetServices<CircuitHandler>()));
        Assert.NotSame(attendance, another.ServiceProvider.GetRequiredService<Attendance>());
    }
}
