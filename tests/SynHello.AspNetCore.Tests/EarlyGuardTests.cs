using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace SynHello.AspNetCore.Tests;

/// <summary>Early requests whose client may have forged its address; the connection is made up.</summary>
public sealed class EarlyGuardTests
{
    private readonly Connection _connection = new();
    private readonly List<string> _runs = [];

    [Fact]
    public async Task AddressThatIsNotProven_WaitsForTheHandshake()
    {
        Task running = RunAsync(new EarlyDataOptions { AllowByDefault = true });
        Assert.False(running.IsCompleted);
        Assert.Empty(_runs);
        _connection.Complete();
        await running;
        Assert.Equal("[]", Assert.Single(_runs)); // and is no replay any more
    }

    [Fact]
    public async Task AddressThatIsNotProven_MayBeAllowed()
    {
        await RunAsync(new EarlyDataOptions { AllowByDefault = true, AllowUnprovenAddresses = true });
        Assert.Equal("[1]", Assert.Single(_runs));
    }

    [Fact]
    public async Task AddressThatIsProven_WaitsForNothing()
    {
        _connection.IsRemoteAddressProven = true;
        await RunAsync(new EarlyDataOptions { AllowByDefault = true });
        Assert.Equal("[1]", Assert.Single(_runs));
    }

    [Fact]
    public async Task HandshakeThatFails_EndsTheRequest()
    {
        Task running = RunAsync(new EarlyDataOptions { AllowByDefault = true });
        _connection.Fail(new IOException("forged"));
        await running;
        Assert.Empty(_runs);
    }

    [Fact]
    public async Task ApplicationThatDoesNotJudge_IsNotJudgedFor()
    {
        await RunAsync(options: null);
        Assert.Equal("[]", Assert.Single(_runs));
    }

    private Task RunAsync(EarlyDataOptions? options)
    {
        var requests = new EarlyRequests();
        if (options is not null)
            requests.Judge(options);
        var context = new DefaultHttpContext { Request = { Method = "GET" } };
        context.Features.Set<ISecureConnectionFeature>(_connection);
        var guard = new EarlyDataGuard(
            request =>
            {
                _runs.Add($"[{request.Request.Headers["Early-Data"]}]");
                return Task.CompletedTask;
            },
            requests,
            NullLogger.Instance);
        return guard.InvokeAsync(context);
    }

    private sealed class Connection : ISecureConnectionFeature
    {
        private readonly TaskCompletionSource _completed = new();

        public HandshakeReport Report => throw new NotSupportedException();

        public bool IsHandshakeComplete => _completed.Task.IsCompletedSuccessfully;

        public Task HandshakeCompleted => _completed.Task;

        public bool IsRemoteAddressProven { get; set; }

        public void Complete()
        {
            IsRemoteAddressProven = true;
            _completed.SetResult();
        }

        public void Fail(Exception exception) => _completed.SetException(exception);
    }
}
