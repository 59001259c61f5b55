using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Targets;

/// <summary>A peer's certificate, from which its key is read.</summary>
internal sealed class CertificateKeyTarget : FuzzTarget
{
    public override string Name => "certificate-key";

    public override string Grammar => "D";

    public override int TestExecutions => 100_000;

    public override IEnumerable<byte[]> MakeSeeds()
    {
        foreach (CertificateKind kind in Enum.GetValues<CertificateKind>())
        {
            TestChain chain = TestCertificates.Shared(kind);
            yield return chain.Leaf.RawData;
            foreach (X509Certificate2 intermediate in chain.Intermediates)
                yield return intermediate.RawData;
        }
    }

    public override Outcome Run(ReadOnlySpan<byte> input, Splitter splitter)
    {
        try
        {
            using CertificateKey key = DefaultCryptoProvider.Instance.ImportCertificateKey(input);
            ulong fits = 0;
            foreach (SignatureScheme scheme in DefaultCryptoProvider.Instance.SignatureSchemes)
                fits = (fits << 1) | (key.Fits(scheme) ? 1ul : 0);
            return new Outcome(fits, fits, "a key");
        }
        catch (TlsProtocolException failure)
        {
            return new Outcome(
                Mixer.AbsorbWords(Mixer.AbsorbWords(Mixer.Start, failure.Message), failure.InnerException?.Message),
                0,
                failure.Cause.ToString());
        }
    }
}
