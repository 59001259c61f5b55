using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Http;

/// <summary>
/// What <see cref="SocketsHttpHandler"/> is handed for a secure connection. It takes a stream for secure only if it is an <see
/// cref="SslStream"/>, and for HTTP/2 only if that has negotiated it; it asks no more of it before <see
/// cref="SocketsHttpHandler.PlaintextStreamFilter"/> gives it the connection itself in the token's place. Nothing is ever read
/// from a token or written to it.
/// </summary>
[SuppressMessage("Usage", "CA2215", Justification = "The base class is one that all tokens of HTTP/2 share, or never began.")]
internal sealed class SecureConnectionToken : SslStream
{
    private static readonly AsyncLazy<SecureConnectionToken> s_http11 = new(() => NegotiateAsync(SslApplicationProtocol.Http11));
    private static readonly AsyncLazy<SecureConnectionToken> s_http2 = new(() => NegotiateAsync(SslApplicationProtocol.Http2));

    private SecureConnectionToken(Stream connection)
        : base(connection, leaveInnerStreamOpen: true) => Connection = connection;

    /// <summary>The connection.</summary>
    public Stream Connection { get; private set; }

    /// <summary>Where it leads to.</summary>
    public Origin Origin { get; private set; }

    /// <summary>Whether HTTP/2 is spoken on it.</summary>
    public bool IsHttp2 { get; private set; }

    /// <summary>
    /// A token for a request that is content with HTTP/1.1: nobody asks it what was negotiated. It has no channel binding.
    /// </summary>
    public static SecureConnectionToken ForHttp11(Origin origin, Stream connection) => new(connection) { Origin = origin };

    /// <summary>A token for a request that is to be spoken in HTTP/2 if the server chooses that.</summary>
    public static async ValueTask<SecureConnectionToken> ForChoiceAsync(Origin origin, Stream connection, bool isHttp2)
    {
        SecureConnectionToken first = await (isHttp2 ? s_http2 : s_http11).Value.ConfigureAwait(false);
        var token = (SecureConnectionToken)first.MemberwiseClone();
        (token.Origin, token.Connection, token.IsHttp2) = (origin, connection, isHttp2);
        return token;
    }

    /// <summary>Begins to make what tokens for HTTP/2 need, which is made once.</summary>
    public static void PrepareHttp2() => _ = s_http2.Value;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>Disposes of the connection: it was not wanted.</summary>
    public override ValueTask DisposeAsync() => Connection.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Connection.Dispose();
    }

    /// <summary>
    /// A token that has truly negotiated a protocol: with itself, in memory, once a process. The others are copies of it, because
    /// <see cref="SslStream.NegotiatedApplicationProtocol"/> cannot be overridden. Their channel binding (RFC 5929) is that connection's, and
    /// of no use: see <see cref="SecureConnector.BindsNobody"/>.
    /// </summary>
    private static async Task<SecureConnectionToken> NegotiateAsync(SslApplicationProtocol protocol)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(
            TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));

        Pipe there = new(), back = new();
        var token = new SecureConnectionToken(new PipeEnd(back.Reader, there.Writer));
        var server = new SslStream(new PipeEnd(there.Reader, back.Writer));
        await using (server.ConfigureAwait(false))
        {
            await Task.WhenAll(
                token.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    ApplicationProtocols = [protocol],
                    AllowTlsResume = false,
                    RemoteCertificateValidationCallback = (_, shown, _, _) =>
                        shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(certificate.RawData),
                }),
                server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    ServerCertificate = certificate,
                    ApplicationProtocols = [protocol],
                    AllowTlsResume = false,
                })).ConfigureAwait(false);
        }

        return token;
    }
}
