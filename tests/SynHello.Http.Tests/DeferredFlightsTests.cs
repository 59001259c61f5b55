namespace SynHello.Http.Tests;

/// <summary>Bodies that can be sent once, and connections on which they might have to be sent twice.</summary>
public sealed class DeferredFlightsTests
{
    private readonly DeferredFlights _flights = new();

    [Fact]
    public async Task RequestForOnce_WaitsForAllThatIsDeferred_AndKeepsMoreFromBeing()
    {
        Assert.True(_flights.TryBegin("localhost", 443));
        Assert.True(_flights.TryBegin("LOCALHOST", 443));
        Task request = _flights.BeginForOnceAsync("localhost", 443, CancellationToken.None).AsTask();

        Assert.False(_flights.TryBegin("localhost", 443));
        _flights.End("localhost", 443);
        Assert.False(request.IsCompleted);
        _flights.End("localhost", 443);
        await request;
        Assert.False(_flights.TryBegin("localhost", 443));
        _flights.EndForOnce("localhost", 443);
        Assert.True(_flights.TryBegin("localhost", 443));
    }

    [Fact]
    public void OtherOrigins_AreOthersBusiness()
    {
        Assert.True(_flights.TryBegin("localhost", 443));

        Assert.True(_flights.BeginForOnceAsync("localhost", 8443, CancellationToken.None).AsTask().IsCompletedSuccessfully);
        Assert.True(_flights.BeginForOnceAsync("example.com", 443, CancellationToken.None).AsTask().IsCompletedSuccessfully);
        Assert.True(_flights.TryBegin("localhost", 443));
    }

    [Fact]
    public async Task RequestForOnce_ThatIsGivenUp_HasNotBegun()
    {
        Assert.True(_flights.TryBegin("localhost", 443));
        using var cancel = new CancellationTokenSource();
        Task request = _flights.BeginForOnceAsync("localhost", 443, cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        _flights.End("localhost", 443);
        Assert.True(_flights.TryBegin("localhost", 443));
    }
}
