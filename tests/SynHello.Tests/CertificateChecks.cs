using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Testing;
using SynHello.Wire;

using CertificateRequest = System.Security.Cryptography.X509Certificates.CertificateRequest;

namespace SynHello.Tests;

/// <summary>Certificates, and what a client's verification says of them.</summary>
internal static class CertificateChecks
{
    public static readonly TestChain Shared = TestCertificates.Shared(CertificateKind.EcdsaP256);

    public static CertificateVerification Verification(Action<SecureClientOptions>? configure = null)
    {
        var options = new SecureClientOptions { TrustedRoots = [Shared.Root] };
        configure?.Invoke(options);
        return new CertificateVerification(options);
    }

    public static TlsProtocolException? Check(TestChain chain, string host, Action<SecureClientOptions>? configure = null) =>
        Verification(options =>
        {
            options.TrustedRoots = [chain.Root];
            configure?.Invoke(options);
        }).Check(new object(), Chain(chain), host, out _);

    public static TlsProtocolException Refused(TlsProtocolException? refusal) =>
        refusal ?? throw new InvalidOperationException("The certificate was taken.");

    public static ReadOnlyMemory<byte>[] Chain(TestChain chain) =>
        [chain.Leaf.RawData, .. chain.Intermediates.Select(certificate => (ReadOnlyMemory<byte>)certificate.RawData)];

    public static X509Certificate2 SelfSigned(string subject, X509Extension names, X509Extension? more = null, string? issuer = null)
    {
        using ECDsa key = ECDsa.Create();
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names);
        if (more is not null)
            request.CertificateExtensions.Add(more);
        return request.Create(
            new X500DistinguishedName(issuer ?? subject),
            X509SignatureGenerator.CreateForECDsa(key),
            DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(1),
            (byte[])[1, 2, 3]);
    }

    /// <summary>Subject alternative names as no builder makes them.</summary>
    public static X509Extension AlternativeNames(string[] names)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string name in names)
            {
                writer.WriteCharacterString(
                    UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, 2));
            }
        }

        return new X509Extension("2.5.29.17", writer.Encode(), critical: false);
    }
}
