using System.Collections.Concurrent;
using System.Text;

namespace SynHello.Interop.Tests;

/// <summary>
/// An <see cref="EchoServer"/> that takes early data, and reads it as such before it sends all of the connection's data
/// back.
/// </summary>
internal sealed class EarlyEchoServer : IAsyncDisposable
{
    public const int MaximumEarlyData = 16_384;

    private readonly ConcurrentQueue<string> _early = new();
    private readonly ConcurrentQueue<SecureStream> _streams = new();

    public EarlyEchoServer(Action<SecureListenerOptions>? configure = null) => Echo = new EchoServer(
        configure: options =>
        {
            options.MaximumEarlyData = MaximumEarlyData;
            options.ReplayRegister = Register;
            configure?.Invoke(options);
        },
        greet: async stream =>
        {
            _streams.Enqueue(stream);
            byte[] buffer = new byte[MaximumEarlyData];
            using var early = new MemoryStream();
            while (await stream.ReadEarlyDataAsync(buffer) is int count and > 0)
                early.Write(buffer, 0, count);
            Assert.True(stream.IsHandshakeComplete);
            _early.Enqueue(Encoding.ASCII.GetString(early.ToArray()));
            await stream.WriteAsync(early.ToArray());
        });

    public EchoServer Echo { get; }

    public StrikeRegister Register { get; } = new();

    /// <summary>What the connections brought early; their order is not that in which the clients connected.</summary>
    public IEnumerable<string> Early => _early.Order();

    /// <summary>The report of the only connection that was resumed, as it is now.</summary>
    public HandshakeReport Resumed => _streams.Select(stream => stream.Report).Single(report => report.IsResumed);

    public ValueTask DisposeAsync() => Echo.DisposeAsync();
}
