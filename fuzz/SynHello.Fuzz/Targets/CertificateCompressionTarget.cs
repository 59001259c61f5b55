using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Targets;

/// <summary>Compressed chains: the body of a CompressedCertificate, decompressed as far as it may be, and read.</summary>
internal sealed class CertificateCompressionTarget : FuzzTarget
{
    public override string Name => "certificate-compression";

    public override string Grammar => MessageGrammar.CompressedCertificate;

    /// <summary>The largest chain, twice, and .NET's decoder.</summary>
    public override long AllocationAllowance => 512 * 1024;

    public override int TestExecutions => 100_000;

    public override IEnumerable<byte[]> MakeSeeds()
    {
        foreach (CertificateCompressionAlgorithm algorithm in DefaultCryptoProvider.Instance.CertificateCompressionAlgorithms)
        {
            foreach (byte[] body in Bodies())
            {
                using var writer = new TlsWriter();
                new CompressedCertificate
                {
                    Algorithm = algorithm,
                    UncompressedLength = body.Length,
                    Compressed = DefaultCryptoProvider.Instance.CompressCertificate(algorithm, body),
                }.Write(writer);
                yield return writer.Written[4..].ToArray();
            }
        }
    }

    public override Outcome Run(ReadOnlySpan<byte> input, Splitter splitter)
    {
        try
        {
            CompressedCertificate message = CompressedCertificate.Parse(input);
            if (!DefaultCryptoProvider.Instance.CertificateCompressionAlgorithms.Contains(message.Algorithm))
                return new Outcome(1, 0, "unknown algorithm");
            if (message.UncompressedLength is 0 or > TlsLimits.HandshakeMessage)
                return new Outcome(2, 0, "declared too long");
            byte[] body = new byte[message.UncompressedLength];
            if (!DefaultCryptoProvider.Instance.TryDecompressCertificate(message.Algorithm, message.Compressed, body))
                return new Outcome(3 | ((ulong)message.Algorithm.Value << 8), 0, "not what it is declared to be");
            int count = 0;
            foreach (CertificateEntry entry in Certificate.Parse(body, new ExtensionSet(ulong.MaxValue)))
                count += entry.Der.IsEmpty ? throw new InvariantException("A certificate is empty.") : 1;
            return new Outcome(4 | ((ulong)message.Algorithm.Value << 8) | ((ulong)count << 24), Mixer.Absorb(0, body), "decompressed");
        }
        catch (TlsProtocolException failure)
        {
            return new Outcome(
                Mixer.AbsorbWords(Mixer.Start, failure.Message), 0, failure.Cause.ToString());
        }
    }

    private static byte[] Length(int length) => [(byte)(length >> 16), (byte)(length >> 8), (byte)length];

    private static IEnumerable<byte[]> Bodies()
    {
        foreach (byte[] body in RecordedMessages.Bodies(HandshakeType.Certificate, isTls12: false))
            yield return body;
        foreach (int length in new[] { 1, 1000, TlsLimits.HandshakeMessage - 20 })
            yield return [0, .. Length(length + 5), .. Length(length), .. new byte[length], 0, 0];
    }
}
