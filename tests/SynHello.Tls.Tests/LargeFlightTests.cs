using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Hellos and chains that take more than a record, or offer less than usual.</summary>
public sealed class LargeFlightTests
{
    [Theory]
    [InlineData(10_000)]
    [InlineData(16_384)]
    [InlineData(60_000)]
    public void Chain_OfSeveralRecordsArrives(int size)
    {
        using EnginePair pair = Engines.Connected(WithoutCompression(), new TlsServerConfiguration(
            DefaultCryptoProvider.Instance, [new PaddedCredential(Engines.Credential(), size)]));
        Assert.Equal(size, pair.Client.Engine.Negotiated.PeerCertificates[^1].Length);
        Engines.AssertTalks(pair);
    }

    [Fact]
    [Refuses(TlsErrorCause.HandshakeMessageTooLarge)]
    public void Chain_AboveTheLimitIsRefusedByTheClient()
    {
        using var pair = new EnginePair(WithoutCompression(), new TlsServerConfiguration(
            DefaultCryptoProvider.Instance, [new PaddedCredential(Engines.Credential(), 70_000)]));
        pair.Handshake();
        Assert.Equal(TlsErrorCause.HandshakeMessageTooLarge, pair.Client.Failure?.Cause);
        Assert.Equal(AlertDescription.IllegalParameter, pair.Server.Failure?.PeerAlert);
    }

    [Fact]
    public void ClientHello_OfSeveralRecordsArrives()
    {
        string[] names = [.. Enumerable.Range(0, 100).Select(number => new string('x', 200) + number), "h2"];
        using EnginePair pair = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                ApplicationProtocols = Engines.Protocols(names),
            },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                ApplicationProtocols = Engines.Protocols("h2"),
            });
        Assert.True(RecordReader.Types(pair.Client.Sent).Count(type => type == ContentType.Handshake) > 1);
        Assert.Equal("h2", pair.Client.Engine.Negotiated.ApplicationProtocol.ToString());
    }

    [Fact]
    public void KeyShares_OfNoGroup_AskForARetry()
    {
        using EnginePair pair = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { KeyShareGroups = [] });
        Assert.True(pair.Client.Engine.Negotiated.HelloRetryRequested);
        Assert.Equal(NamedGroup.X25519, pair.Server.Engine.Negotiated.Group);
    }

    private static TlsClientConfiguration WithoutCompression() =>
        new(DefaultCryptoProvider.Instance) { CertificateCompressionAlgorithms = [] };

    /// <summary>A chain with bytes behind the real certificates that nobody here looks at.</summary>
    private sealed class PaddedCredential(TlsCredential inner, int size) : TlsCredential
    {
        public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain { get; } =
            [.. inner.CertificateChain, new byte[size]];

        public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

        public override int MaximumSignatureLength => inner.MaximumSignatureLength;

        public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
            inner.Sign(scheme, message, signature);
    }
}
