using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// ALPACA (Brinkmann et al., 2021): a client of one service is connected to another one that has a certificate for the name as well, and the
/// two take each other's bytes for their own. Both sides end what they do not agree on: the protocol (RFC 7301 section 3.2) and the host.
/// </summary>
public sealed class ApplicationProtocolMismatchTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Server_OfAnotherProtocol_EndsTheHandshake(bool isTls12)
    {
        using EnginePair pair = isTls12
            ? new(Tls12Engines.Client(protocols: Engines.Protocols("http/1.1")), Tls12Engines.Server(protocols: Engines.Protocols("ftp")))
            : new(
                Tls12Engines.Client(protocols: Engines.Protocols("http/1.1")),
                Tls12Engines.Server(protocols: Engines.Protocols("ftp"), versions: Tls12Engines.Both));
        pair.Handshake();
        Assert.Equal(TlsErrorCause.NoCommonApplicationProtocol, pair.Server.Failure?.Cause);
        Assert.Equal(AlertDescription.NoApplicationProtocol, pair.Client.Failure?.PeerAlert);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.ApplicationProtocolNotOffered)]
    public void Client_OfAnotherProtocol_EndsTheHandshake(bool isTls12)
    {
        byte[] ftp = [0, 4, 3, .. "ftp"u8];
        TlsClientConfiguration configuration = Tls12Engines.Client(protocols: Engines.Protocols("http/1.1"));
        if (isTls12)
        {
            using var older = new Tls12HostileServer(configuration);
            older.Handshake(older.Hello().With(16, ftp).ToMessage());
            older.AssertRefused(TlsErrorCause.ApplicationProtocolNotOffered, isProtected: false);
            return;
        }

        using var server = new HostileServer(configuration);
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions((16, ftp)));
        server.AssertRefused(TlsErrorCause.ApplicationProtocolNotOffered, isProtected: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Server_OfAnotherHost_EndsTheHandshake(bool isTls12)
    {
        TlsServerConfiguration server = new(Crypto.DefaultCryptoProvider.Instance, [])
        {
            Versions = isTls12 ? Tls12Engines.Only : Tls12Engines.Both,
            CredentialSelector = request => request.ServerName == "ftp.example.com" ? [Engines.Credential()] : [],
        };
        using var pair = new EnginePair(Tls12Engines.Client(), server);
        pair.Handshake();
        Assert.Equal(TlsErrorCause.UnrecognizedName, pair.Server.Failure?.Cause);
        Assert.Equal(AlertDescription.UnrecognizedName, pair.Client.Failure?.PeerAlert);
    }
}
