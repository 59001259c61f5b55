using System.Security.Cryptography;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Cryptography that fails while something is sealed ends the connection: data with a hole in it, however well sealed, must not leave.</summary>
public sealed class SealFailureTests
{
    private readonly SealWatch _provider = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Send_EndsTheConnection_AndTellsThePeer(bool isTls12)
    {
        using EnginePair pair = Connected(isTls12);
        FailAt(2);
        TlsProtocolException failure = Assert.Throws<TlsProtocolException>(() => pair.Client.Send(new byte[40_000]));
        Assert.Equal(TlsErrorCause.InternalError, failure.Cause);
        Assert.IsType<CryptographicException>(failure.InnerException);
        Assert.Equal(
            TlsErrorCause.InternalError, Assert.Throws<TlsProtocolException>(() => pair.Client.Send([1])).Cause);
        pair.Pump();
        Assert.Equal(16_384, pair.Server.Plaintext.Length);
        Assert.Equal(AlertDescription.InternalError, pair.Server.Failure?.PeerAlert);
    }

    [Fact]
    public void UpdateKey_EndsTheConnection()
    {
        using EnginePair pair = Connected(isTls12: false);
        FailAt(1);
        Assert.Equal(
            TlsErrorCause.InternalError,
            Assert.Throws<TlsProtocolException>(() => pair.Client.Engine.UpdateKey(requestPeer: false, pair.Client.Output)).Cause);
        Assert.Equal(
            TlsErrorCause.InternalError, Assert.Throws<TlsProtocolException>(() => pair.Client.Send([1])).Cause);
    }

    /// <summary>Not even the alert can be sealed.</summary>
    [Fact]
    public void CryptographyThatIsGone_EndsTheConnectionAllTheSame()
    {
        using EnginePair pair = Connected(isTls12: false);
        int before = pair.Client.Sent.Length;
        _provider.BeforeSeal = () => throw new CryptographicException();
        Assert.Equal(
            TlsErrorCause.InternalError, Assert.Throws<TlsProtocolException>(() => pair.Client.Send([1])).Cause);
        _provider.BeforeSeal = null;
        Assert.Throws<TlsProtocolException>(() => pair.Client.Send([1]));
        Assert.Equal(before, pair.Client.Sent.Length);
    }

    private EnginePair Connected(bool isTls12)
    {
        ProtocolVersion[] versions = [isTls12 ? ProtocolVersion.Tls12 : ProtocolVersion.Tls13];
        var client = new TlsClientConfiguration(_provider) { Versions = versions };
        var server = new TlsServerConfiguration(_provider, [Engines.Credential()]) { Versions = versions };
        return isTls12 ? Tls12Engines.Connected(client, server) : Engines.Connected(client, server);
    }

    /// <summary>One seal fails, and those behind it do not.</summary>
    private void FailAt(int seal) => _provider.BeforeSeal = () =>
    {
        if (--seal == 0)
            throw new CryptographicException();
    };
}
