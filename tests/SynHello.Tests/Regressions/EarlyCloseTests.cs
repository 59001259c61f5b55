using System.Net.Sockets;
using System.Security.Authentication;

using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>
/// RUSTSEC-2024-0336: close_notify right behind the hello made the loop that drives a handshake go round for ever. Here it ends the
/// handshake, once, on either side.
/// </summary>
public sealed class EarlyCloseTests : IDisposable
{
    private const int HandshakeFailed = 4;

    private static readonly byte[] _closeNotify = [21, 3, 3, 0, 2, 1, 0];

    private readonly CollectingLogger _log = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientThatClosesBehindItsHello_EndsItsHandshake(bool inOneSegment)
    {
        await using SecureListener listener = SecurePair.Listen(options => options.LoggerFactory = _log);
        using RawClient client = await RawClient.ConnectAsync(listener.LocalEndPoint);
        if (inOneSegment)
        {
            await client.SendAsync((byte[])[.. RawClient.ClientHello(), .. _closeNotify]);
        }
        else
        {
            await client.SendAsync(RawClient.ClientHello());
            await client.SendAsync(_closeNotify);
        }

        CollectingLogger.Entry entry = await _log.NextAsync(HandshakeFailed);

        Assert.Contains(nameof(TlsErrorCause.PeerAlert), entry.Message, StringComparison.Ordinal);
        Assert.NotEmpty(await client.ReadToEndAsync()); // the server's flight, and its end
        await listener.DisposeAsync().Guarded();
        Assert.Single(_log.Entries, logged => logged.Id == HandshakeFailed);
    }

    [Fact]
    public async Task ServerThatClosesInsteadOfAnAnswer_EndsTheHandshake()
    {
        using Socket listener = SslPeer.Listen();
        Task<SecureStream> connecting =
            SecurePair.MakeClient().ConnectAsync(listener.LocalEndPoint!, SecurePair.Host, Cancelled).AsTask();
        using Socket server = await listener.AcceptAsync(Cancelled);
        await server.SendAsync(_closeNotify, SocketFlags.None, Cancelled);

        var failure = await Assert.ThrowsAsync<AuthenticationException>(() => connecting.Guarded());

        Assert.Equal(AlertDescription.CloseNotify, Assert.IsType<TlsProtocolException>(failure.InnerException).PeerAlert);
    }
}
