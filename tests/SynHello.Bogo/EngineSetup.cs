using System.Net.Security;
using System.Text;

using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>What clients and servers are set up with alike.</summary>
internal static class EngineSetup
{
    private const ushort Tls12 = 0x0303;
    private const ushort Tls13 = 0x0304;

    public static TlsCryptoProvider Provider(ShimFlags flags)
    {
        if (flags.OnlyCompression != 0)
            return new ShimCryptoProvider(new CertificateCompressionAlgorithm(flags.OnlyCompression));
        return flags.InstallsCompression
            ? new ShimCryptoProvider(
                ShimCryptoProvider.Expanding, ShimCryptoProvider.Shrinking, ShimCryptoProvider.Random)
            : new ShimCryptoProvider([]);
    }

    public static IReadOnlyList<ProtocolVersion> Versions(ShimFlags flags)
    {
        int least = flags.MinimumVersion == 0 ? Tls12 : flags.MinimumVersion;
        int most = flags.MaximumVersion == 0 ? Tls13 : flags.MaximumVersion;
        List<ProtocolVersion> versions = [];
        if (!flags.NoTls13 && least <= Tls13 && most >= Tls13)
            versions.Add(ProtocolVersion.Tls13);
        if (!flags.NoTls12 && least <= Tls12 && most >= Tls12)
            versions.Add(ProtocolVersion.Tls12);
        return versions.Count > 0 ? versions : throw new UnimplementedException("no version that is spoken");
    }

    public static IReadOnlyList<NamedGroup> Groups(ShimFlags flags)
    {
        if (flags.Groups.Count == 0)
            return DefaultCryptoProvider.Instance.Groups;
        foreach (NamedGroup group in flags.Groups)
        {
            if (!DefaultCryptoProvider.Instance.Groups.Contains(group))
                throw new UnimplementedException($"the group {group}");
        }

        return flags.Groups;
    }

    public static IReadOnlyList<SignatureScheme> SignatureSchemes(ShimFlags flags)
    {
        if (flags.VerifyPreferences.Count == 0)
            return DefaultCryptoProvider.Instance.SignatureSchemes;
        SignatureScheme[] known =
        [
            .. DefaultCryptoProvider.Instance.SignatureSchemes,
            SignatureScheme.RsaPkcs1Sha256,
            SignatureScheme.RsaPkcs1Sha384,
            SignatureScheme.RsaPkcs1Sha512,
        ];
        foreach (SignatureScheme scheme in flags.VerifyPreferences)
        {
            if (!known.Contains(scheme))
                throw new UnimplementedException($"the signature scheme {scheme}");
        }

        return flags.VerifyPreferences;
    }

    public static IReadOnlyList<CipherSuite> CipherSuites(ShimFlags flags)
    {
        IReadOnlyList<CipherSuite> all = flags.CipherSuites ?? DefaultCryptoProvider.Instance.CipherSuites;
        if (flags.CipherList is null)
            return all;
        return [.. all.Where(suite => suite.IsTls13), .. CipherList.Read(flags.CipherList, all)];
    }

    public static IReadOnlyList<SslApplicationProtocol> Protocols(ReadOnlySpan<byte> encoded)
    {
        List<SslApplicationProtocol> protocols = [];
        while (!encoded.IsEmpty)
        {
            protocols.Add(new SslApplicationProtocol(encoded.Slice(1, encoded[0]).ToArray()));
            encoded = encoded[(1 + encoded[0])..];
        }

        return protocols;
    }

    public static IReadOnlyList<TlsCredential> Credentials(ShimFlags flags)
    {
        if (flags.CertificateFile is null || flags.KeyFile is null)
            return [];
        try
        {
            return [new ShimCredential(X509Credential.FromPemFiles(flags.CertificateFile, flags.KeyFile), flags)];
        }
        catch (System.Security.Cryptography.CryptographicException exception)
        {
            throw new UnimplementedException($"the key of {flags.CertificateFile}: {exception.Message}");
        }
    }

    /// <summary>
    /// Chooses what is shown as the runner asks: at once, when the engine asks with an event, or never.
    /// </summary>
    public static Func<TlsCredentialRequest, IReadOnlyList<TlsCredential>?> Selector(
        ShimFlags flags, IReadOnlyList<TlsCredential> credentials) => request =>
    {
        if (flags.FailsCertificateCallback)
            throw new CallbackFailedException("The certificate callback fails, as it was asked to.");
        CheckRequest(flags, request);
        return flags.Async ? null : credentials;
    };

    private static void CheckRequest(ShimFlags flags, TlsCredentialRequest request)
    {
        ExpectedOutcome expected = flags.Expected;
        bool isAsPreferred = expected.PeerVerifyPreferences.Count == 0
            || expected.PeerVerifyPreferences.SequenceEqual(request.SignatureSchemes);
        if (!isAsPreferred)
            throw new ExpectationException("The peer takes other signature schemes than expected.");
        IEnumerable<string> named = request.Authorities.Select(name => Convert.ToHexString(name.Span));
        IEnumerable<string>? authorities = expected.ClientAuthorities?.Select(Convert.ToHexString);
        if (authorities is not null && !authorities.SequenceEqual(named))
            throw new ExpectationException("The server names other authorities than expected.");
    }

    /// <summary>The text of a protocol's name.</summary>
    public static string NameOf(SslApplicationProtocol protocol) => Encoding.Latin1.GetString(protocol.Protocol.Span);
}
