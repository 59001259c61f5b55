using System.Diagnostics;

namespace SynHello.Cli;

/// <summary>One established connection over loopback, whose server answers requests.</summary>
internal sealed class RoundTrips(LoopbackContestant contestant) : PairContestant
{
    private const int Batch = 400;

    private readonly byte[] _request = new byte[100];
    private readonly byte[] _response = new byte[1000];
    private Stream? _client;
    private Stream? _server;
    private Task? _answering;

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await contestant.PrepareAsync(cancellationToken);
        (_client, _server) = await contestant.ConnectAsync(cancellationToken);
        _answering = AnswerAsync(_server, cancellationToken);
    }

    /// <summary>Makes requests, one after the other.</summary>
    /// <returns>The median of their times, in microseconds.</returns>
    public async Task<double> MeasureAsync(CancellationToken cancellationToken)
    {
        var times = new double[Batch];
        for (int i = 0; i < Batch; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await _client!.WriteAsync(_request, cancellationToken);
            await _client.ReadExactlyAsync(_response, cancellationToken);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        return Sampling.Median(times);
    }

    public override Task ConnectAndCloseAsync(CancellationToken cancellationToken) =>
        contestant.ConnectAndCloseAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        if (_answering is not null)
            await _answering;
        if (_server is not null)
            await _server.DisposeAsync();
        await contestant.DisposeAsync();
    }

    private static async Task AnswerAsync(Stream server, CancellationToken cancellationToken)
    {
        byte[] request = new byte[100], response = new byte[1000];
        try
        {
            while (true)
            {
                await server.ReadExactlyAsync(request, cancellationToken);
                await server.WriteAsync(response, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client has closed.
        }
    }
}
