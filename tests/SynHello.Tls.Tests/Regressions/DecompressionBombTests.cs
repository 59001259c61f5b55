using SynHello.Crypto;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// CVE-2025-66199: the length that a compressed chain said it had was allocated before anything was known of it. What a server shows is in
/// <see cref="CertificateCompressionTests.Lies_AreRefused"/>; this is a client's, which anybody can be.
/// </summary>
public sealed class DecompressionBombTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Refuses(TlsErrorCause.BadCertificateCompression)]
    public void Client_WithABomb_IsRefused(int algorithm)
    {
        AssertRefused(0xffffff, [1]);
        AssertRefused(0xffffff, new byte[16 * 1024 * 1024]);
        AssertRefused(1000, new byte[16 * 1024 * 1024]);
        AssertRefused(TlsLimits.HandshakeMessage + 1, new byte[TlsLimits.HandshakeMessage + 1]);

        void AssertRefused(int declared, byte[] content)
        {
            var compression = new CertificateCompressionAlgorithm((ushort)algorithm);
            byte[] compressed = DefaultCryptoProvider.Instance.CompressCertificate(compression, content);
            using var client = new HostileClient(new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                ClientCertificateMode = TlsClientCertificateMode.Required,
                CertificateCompressionAlgorithms = [compression],
            });
            client.SendHello(client.Hello());
            byte[] message = client.Message(25, [.. Octets.Two(algorithm), .. Octets.Three(declared), .. Octets.Vector24(compressed)]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (byte[] fragment in message.Chunk(16_000))
                client.Protected(ContentType.Handshake, fragment);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000 + (8 * compressed.Length));
            client.AssertRefused(TlsErrorCause.BadCertificateCompression, isProtected: true);
        }
    }
}
