using System.Net.Security;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// What a server takes of what a ClientHello offers. Each choice is the server's best that the client has too.
/// </summary>
internal static class ClientHelloChoice
{
    /// <summary>
    /// The version: the newest that both sides speak (RFC 8446 sections 4.1.2, 4.2.1). A client that could do better than what it offers
    /// is told so (RFC 7507).
    /// </summary>
    public static ProtocolVersion Version(TlsServerConfiguration configuration, in ClientHello hello)
    {
        bool isListed = hello.Present.Contains(ExtensionType.SupportedVersions);
        bool offersTls13 = isListed && hello.SupportedVersions.Contains(ProtocolVersion.Tls13.Value);
        bool offersTls12 = isListed
            ? hello.SupportedVersions.Contains(ProtocolVersion.Tls12.Value)
            : hello.LegacyVersion.Value >= ProtocolVersion.Tls12.Value;
        if (offersTls13 && configuration.SpeaksTls13)
            return ProtocolVersion.Tls13;
        if (!offersTls13 && (configuration.SpeaksTls13 || !offersTls12) && hello.CipherSuites.Contains(Wire.CipherSuite.FallbackScsv.Value))
        {
            throw new TlsProtocolException(
                TlsErrorCause.InappropriateFallback, "The client fell back to an older version than both sides speak.");
        }

        return offersTls12 && configuration.SpeaksTls12
            ? ProtocolVersion.Tls12
            : throw new TlsProtocolException(TlsErrorCause.UnsupportedVersion, "The client offers no version of this server's.");
    }

    /// <summary>
    /// Refuses a hello that does not negotiate TLS 1.3 or lacks what it must hold (RFC 8446 sections 4.1.2, 9.2).
    /// </summary>
    public static void CheckForm(in ClientHello hello)
    {
        if (!hello.Present.Contains(ExtensionType.SupportedVersions) || !hello.SupportedVersions.Contains(ProtocolVersion.Tls13.Value))
            throw new TlsProtocolException(TlsErrorCause.UnsupportedVersion, "The client does not offer TLS 1.3.");
        if (hello.LegacyCompressionMethods is not [0])
        {
            throw new TlsProtocolException(
                TlsErrorCause.IllegalCompression,
                "The ClientHello's compression methods are not just the null method.");
        }

        if (hello.Present.Contains(ExtensionType.PreSharedKey))
            RequireExtension(hello, ExtensionType.PskKeyExchangeModes); // RFC 8446 section 4.2.9
        else
            RequireExtension(hello, ExtensionType.SignatureAlgorithms);

        // RFC 8446 section 9.2: neither without the other, and neither at all only with a pre-shared key.
        if (!hello.Present.Contains(ExtensionType.PreSharedKey) || hello.Present.Contains(ExtensionType.KeyShare))
            RequireExtension(hello, ExtensionType.SupportedGroups);
        if (hello.Present.Contains(ExtensionType.SupportedGroups))
            RequireExtension(hello, ExtensionType.KeyShare);

        // RFC 8446 section 4.2.8: a share of a group that is not among supported_groups may not be there.
        foreach (KeyShareEntry share in hello.KeyShares)
        {
            if (!hello.SupportedGroups.Contains(share.Group.Value))
            {
                throw new TlsProtocolException(
                    TlsErrorCause.IllegalValue,
                    $"key_share holds {share.Group}, which supported_groups does not.");
            }
        }
    }

    public static CipherSuite CipherSuite(TlsServerConfiguration configuration, in ClientHello hello)
    {
        foreach (CipherSuite suite in configuration.Tls13CipherSuites)
        {
            if (hello.CipherSuites.Contains(suite.Value))
                return suite;
        }

        throw new TlsProtocolException(
            TlsErrorCause.NoCommonCipherSuite,
            "The client offers no cipher suite of this server's.");
    }

    /// <summary>
    /// The group: the best that the client sent a share of, because another one costs a round trip; otherwise the best
    /// that
    /// it knows, to be asked for with a HelloRetryRequest.
    /// </summary>
    public static NamedGroup Group(TlsServerConfiguration configuration, in ClientHello hello, out ReadOnlySpan<byte> keyExchange)
    {
        if (TryShare(configuration, hello, out NamedGroup shared, out keyExchange))
            return shared;
        RequireExtension(hello, ExtensionType.SupportedGroups);
        foreach (NamedGroup group in configuration.Groups)
        {
            if (hello.SupportedGroups.Contains(group.Value))
                return group;
        }

        throw new TlsProtocolException(
            TlsErrorCause.NoCommonGroup,
            "The client knows no key exchange group of this server's.");
    }

    /// <summary>The best group that the client sent a share of.</summary>
    public static bool TryShare(
        TlsServerConfiguration configuration,
        in ClientHello hello,
        out NamedGroup shared,
        out ReadOnlySpan<byte> keyExchange)
    {
        foreach (NamedGroup group in configuration.Groups)
        {
            shared = group;
            if (hello.KeyShares.TryFind(group, out keyExchange))
                return true;
        }

        shared = default;
        keyExchange = default;
        return false;
    }

    /// <summary>What a certificate is chosen by.</summary>
    public static TlsCredentialRequest CredentialRequest(in ClientHello hello, string? serverName, SslApplicationProtocol protocol)
    {
        RequireExtension(hello, ExtensionType.SignatureAlgorithms);
        var schemes = new List<SignatureScheme>();
        for (int i = 0; i < hello.SignatureAlgorithms.Count; i++)
            schemes.Add(new SignatureScheme(hello.SignatureAlgorithms[i]));
        return new TlsCredentialRequest { ServerName = serverName, SignatureSchemes = schemes, ApplicationProtocol = protocol };
    }

    /// <summary>Chooses among certificates without asking anybody.</summary>
    public static (TlsCredential Credential, SignatureScheme Scheme) Credential(
        IReadOnlyList<TlsCredential> credentials, in ClientHello hello)
    {
        RequireExtension(hello, ExtensionType.SignatureAlgorithms);
        foreach (TlsCredential credential in credentials)
        {
            foreach (SignatureScheme scheme in credential.SignatureSchemes)
            {
                if (hello.SignatureAlgorithms.Contains(scheme.Value))
                    return (credential, scheme);
            }
        }

        throw credentials.Count == 0
            ? new TlsProtocolException(
                TlsErrorCause.UnrecognizedName, "There is no certificate for the host that the client asks for.")
            : new TlsProtocolException(
                TlsErrorCause.NoCommonSignatureScheme,
                "The client takes no signature scheme of this server's certificates.");
    }

    /// <summary>How the chain may be compressed (RFC 8879); null when the two sides know no way in common.</summary>
    public static CertificateCompressionAlgorithm? CertificateCompression(
        TlsServerConfiguration configuration, in ClientHello hello)
    {
        foreach (CertificateCompressionAlgorithm algorithm in configuration.CertificateCompressionAlgorithms)
        {
            if (hello.CertificateCompressionAlgorithms.Contains(algorithm.Value))
                return algorithm;
        }

        return null;
    }

    /// <summary>
    /// The application protocol (RFC 7301 section 3.2); default when either side does not negotiate one.
    /// </summary>
    public static SslApplicationProtocol ApplicationProtocol(TlsServerConfiguration configuration, in ClientHello hello)
    {
        if (configuration.ApplicationProtocols.Count == 0
            || !hello.Present.Contains(ExtensionType.ApplicationLayerProtocolNegotiation))
        {
            return default;
        }

        foreach (SslApplicationProtocol protocol in configuration.ApplicationProtocols)
        {
            if (hello.ApplicationProtocols.Contains(protocol.Protocol.Span))
                return protocol;
        }

        throw new TlsProtocolException(
            TlsErrorCause.NoCommonApplicationProtocol,
            "The client offers no application protocol of this server's.");
    }

    /// <summary>Refuses a hello that lacks an extension (RFC 8446 section 9.2).</summary>
    public static void RequireExtension(in ClientHello hello, ExtensionType type)
    {
        if (!hello.Present.Contains(type))
            throw new TlsProtocolException(TlsErrorCause.MissingExtension, $"The ClientHello has no {type}.");
    }
}
